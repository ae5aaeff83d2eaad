import type { FastifyInstance, FastifySchema } from 'fastify';
import { internalPrefix } from './batch-frame.js';

/** The schemas that each route validates with, by `GET /top`. */
export type ServedRoutes = ReadonlyMap<string, FastifySchema>;

declare module 'fastify' {
  interface FastifyInstance {
    servedRoutes: ServedRoutes;
  }
}

/** Remembers every route for clients from here on, for the API reference. */
export function registerServedRoutes(app: FastifyInstance): void {
  const routes = new Map<string, FastifySchema>();
  app.decorate('servedRoutes', routes);
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (url.startsWith(internalPrefix)) return;
    for (const each of [method].flat()) if (each !== 'HEAD') routes.set(`${each} ${url}`, schema ?? {});
  });
}
