import type { App } from '@leaderboard/shared/http/app';
import type { Caller } from '@leaderboard/shared/http/auth';
import type { Registry } from '@leaderboard/shared/http/metrics';
import { Problem } from '@leaderboard/shared/http/problems';
import type { FastifySchema } from 'fastify';
import { ServiceBoardReader } from './board-reader.js';
import { LiveConnections } from './connections.js';
import { getLive } from './get-live.js';
import { getLiveSocket } from './get-live-ws.js';
import { LiveHub } from './hub.js';
import { LiveMetrics } from './live-metrics.js';
import type { LiveContext } from './live-parts.js';

export interface LiveOptions extends LiveContext {
  registry: Registry;
}

/** How the gateway reads boards for others where reads need a token. */
const gateway: Caller = { user_id: 'gateway', name: 'gateway', region: 'GLOBAL', role: 'server' };

/** `GET /live` and `GET /live/ws`: boards that are told when they change (docs/live.md). */
export function live(app: App, { registry, ...options }: LiveOptions, done: () => void): void {
  const { config, auth, service } = options;
  const metrics = new LiveMetrics(registry);
  const token = () => (config.READS_REQUIRE_TOKEN ? auth.sign(gateway) : undefined);
  const hub = new LiveHub(new ServiceBoardReader(service, token, metrics), {
    intervalMs: config.LIVE_INTERVAL_MS,
    maxBoards: config.LIVE_MAX_BOARDS,
  });
  const connections = new LiveConnections({
    maxConnections: config.LIVE_MAX_CONNECTIONS,
    maxPerAddress: config.LIVE_MAX_PER_IP,
    exempt: config.limitExempt,
    heartbeatMs: config.LIVE_HEARTBEAT_MS,
  });
  metrics.watch(
    () => connections.counts,
    () => hub.boardCount,
  );
  // Nobody new is accepted by then: who comes back reaches another gateway.
  app.addHook('preClose', async () => {
    await connections.close();
    hub.close();
  });

  const parts = { ...options, connections, hub, metrics };
  getLive(app, parts);
  getLiveSocket(app, parts);
  for (const url of ['/live', '/live/ws']) refuseOtherMethods(app, url);
  done();
}

function refuseOtherMethods(app: App, url: string): void {
  const refuse = () => {
    throw new Problem('method_not_allowed', 'Use GET', { headers: { allow: 'GET' } });
  };
  const method = app.supportedMethods.filter((each) => each !== 'GET');
  app.route({ method, url, schema: { hide: true } as FastifySchema, onRequest: refuse, handler: refuse });
}
