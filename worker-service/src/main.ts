import { createApp } from '@leaderboard/shared/http/app';
import { createMetrics } from '@leaderboard/shared/http/metrics';
import { Lifecycle, runMain } from '@leaderboard/shared/lifecycle';
import { createLogger } from '@leaderboard/shared/logger';
import { loadConfig } from './config.js';
import { startWorker } from './worker.js';

await runMain(async () => {
  const config = loadConfig();
  const logger = createLogger({
    service: 'worker-service',
    instance: config.INSTANCE,
    level: config.LOG_LEVEL,
  });
  const lifecycle = new Lifecycle(logger);
  const metrics = createMetrics('worker-service');

  await startWorker(config, logger, metrics, lifecycle);

  // A shard that waits for its Redis or Postgres makes no worker unready: it is the one that will bring it back.
  const notReady = () => (lifecycle.closing ? 'stopping' : undefined);
  const app = createApp({ logger, metrics, notReady, trustedProxies: [] });
  await app.listen({ host: config.HOST, port: config.PORT });
  lifecycle.onClose('http', () => app.close());
  logger.info({ port: config.PORT }, 'listening');
});
