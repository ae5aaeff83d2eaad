import type { App } from '@leaderboard/shared/http/app';
import type { UpstreamSet } from '../upstream/upstream-set.js';

/** `GET /health`: what this gateway thinks of each service; 200 while at least one is up. */
export function getHealth(app: App, upstreams: UpstreamSet): void {
  app.get('/health', { logLevel: 'warn' }, (_request, reply) => {
    const healthy = upstreams.anyUp;
    reply.code(healthy ? 200 : 503);
    return { status: healthy ? 'ok' : 'unavailable', upstreams: upstreams.states() };
  });
}
