import { GatewayHealth } from '@leaderboard/shared/contracts/health';
import type { App } from '@leaderboard/shared/http/app';
import type { UpstreamSet } from '../upstream/upstream-set.js';

/** `GET /health`: what this gateway thinks of each service; 200 while at least one is up. */
export function getHealth(app: App, upstreams: UpstreamSet): void {
  const response = { 200: GatewayHealth, 503: GatewayHealth };
  app.get('/health', { logLevel: 'warn', schema: { response } }, (_request, reply) => {
    const healthy = upstreams.anyUp;
    reply.code(healthy ? 200 : 503);
    return { status: healthy ? ('ok' as const) : ('unavailable' as const), upstreams: upstreams.states() };
  });
}
