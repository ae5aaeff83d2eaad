import type { App } from '@leaderboard/shared/http/app';
import type { FastifyRequest } from 'fastify';
import type { Address } from '../upstream/addresses.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Which service answered, or was asked last. */
    upstream: Address | undefined;
  }
}

export const upstreamHeader = 'x-upstream-addr';

/** Every answer of a gateway says which service it came from; `-` is the gateway's own. */
export function registerUpstreamHeader(app: App): void {
  app.decorateRequest('upstream', undefined);
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header(upstreamHeader, '-');
    done();
  });
}

export const upstreamLogField = (request: FastifyRequest) => ({ upstream: request.upstream });
