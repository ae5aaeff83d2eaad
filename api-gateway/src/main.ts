import { drainAndClose } from '@leaderboard/shared/http/drain';
import { createMetrics } from '@leaderboard/shared/http/metrics';
import { Lifecycle, runMain } from '@leaderboard/shared/lifecycle';
import { createLogger } from '@leaderboard/shared/logger';
import { openTracing } from '@leaderboard/shared/tracing/open-tracing';
import { buildApp } from './app.js';
import { loadConfig } from './config.js';
import { openUpstreams } from './upstreams.js';

await runMain(async () => {
  const config = loadConfig();
  const logger = createLogger({ service: 'api-gateway', instance: config.INSTANCE, level: config.LOG_LEVEL });
  const lifecycle = new Lifecycle(logger);
  const metrics = createMetrics('api-gateway');

  const upstreams = await openUpstreams(config, logger, metrics);
  lifecycle.onClose('upstreams', () => upstreams.close());

  const notReady = () => {
    if (lifecycle.closing) return 'stopping';
    return upstreams.set.everUp ? undefined : 'no leaderboard service has been up yet';
  };
  const tracing = await openTracing('api-gateway', config, lifecycle);
  const app = await buildApp({ config, logger, metrics, upstreams, notReady, tracing });
  await app.listen({ host: config.HOST, port: config.PORT });
  lifecycle.onClose('http', () => drainAndClose(app));
  logger.info({ port: config.PORT, upstreams: upstreams.set.states() }, 'listening');
});
