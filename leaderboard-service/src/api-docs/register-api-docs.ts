import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { App } from '@leaderboard/shared/http/app';
import { buildDocument } from './document.js';

/** Swagger UI styles itself from within; all else comes from here. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `GET /openapi.json`, and `GET /docs`, which asks nobody but us. */
export async function registerApiDocs(app: App): Promise<void> {
  const document = await buildDocument(app.servedRoutes);
  const text = JSON.stringify(document);
  app.get('/openapi.json', { logLevel: 'warn' }, (_request, reply) =>
    reply.type('application/json').header('cache-control', 'no-cache').send(text),
  );
  await app.register(swagger, { mode: 'static', specification: { document } });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    uiConfig: {
      layout: 'BaseLayout',
      persistAuthorization: true,
      tryItOutEnabled: true,
      displayRequestDuration: true,
    },
    theme: { title: 'Leaderboard platform: API' },
  });
}
