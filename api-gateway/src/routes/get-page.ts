import type { App } from '@leaderboard/shared/http/app';
import type { FastifySchema, onRequestHookHandler } from 'fastify';
import type { PageFile } from '../pages.js';

/** Nothing from elsewhere, nothing inline, in no frame. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

/** `GET /`, `/examples/quiz` and what they load: no token, no service. */
export function getPages(
  app: App,
  pages: readonly PageFile[],
  onRequest: readonly onRequestHookHandler[],
): void {
  for (const page of pages) {
    const headers = {
      ...securityHeaders,
      'content-type': page.type,
      etag: page.etag,
      vary: 'Accept-Encoding',
      'cache-control': page.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    };
    // Assets are no part of the API: only the pages name them.
    const schema = (page.immutable ? { hide: true } : {}) as FastifySchema;
    app.get(page.path, { logLevel: 'warn', onRequest: [...onRequest], schema }, (request, reply) => {
      reply.headers(headers);
      const { 'if-none-match': known, 'accept-encoding': encodings } = request.headers;
      if (known?.includes(page.etag)) return reply.code(304).send();
      if (!/\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(String(encodings ?? '')))
        return reply.send(page.body);
      return reply.header('content-encoding', 'gzip').send(page.gzip);
    });
  }
}
