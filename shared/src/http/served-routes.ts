import type { FastifyInstance, FastifySchema } from 'fastify';

/** The schemas that each route validates with, by `GET /top`. */
export type ServedRoutes = ReadonlyMap<string, FastifySchema>;

declare module 'fastify' {
  interface FastifyInstance {
    servedRoutes: ServedRoutes;
  }
}

/** Remembers every route from here on, for the API reference. */
export function registerServedRoutes(app: FastifyInstance): void {
  const routes = new Map<string, FastifySchema>();
  app.decorate('servedRoutes', routes);
  app.addHook('onRoute', ({ method, url, schema }) => {
    for (const each of [method].flat()) if (each !== 'HEAD') routes.set(`${each} ${url}`, schema ?? {});
  });
}
