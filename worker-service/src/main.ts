import { createMetrics } from '@leaderboard/shared/http/metrics';
import { Lifecycle, runMain } from '@leaderboard/shared/lifecycle';
import { createLogger } from '@leaderboard/shared/logger';
import { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import { openTracing } from '@leaderboard/shared/tracing/open-tracing';
import { buildApp } from './app.js';
import { loadApiConfig, loadConfig } from './config.js';
import { History } from './history/history.js';
import { Databases, requestLimits } from './postgres/databases.js';
import { startWebhooks } from './webhooks/start-webhooks.js';
import { startWorker } from './worker.js';

await runMain(async () => {
  const config = loadConfig();
  const apiConfig = loadApiConfig();
  const logger = createLogger({
    service: 'worker-service',
    instance: config.INSTANCE,
    level: config.LOG_LEVEL,
  });
  const lifecycle = new Lifecycle(logger);
  const metrics = createMetrics('worker-service');

  const tracing = await openTracing('worker-service', config, lifecycle);
  const { redis } = await startWorker(config, logger, metrics, lifecycle, tracing);

  const databases = new Databases(
    { addresses: config.postgres, partitions: 1, poolMax: config.PG_POOL_MAX, limits: requestLimits },
    logger,
  );
  lifecycle.onClose('postgres of requests', () => databases.close());
  const scripts = new FencedScripts(redis);
  const history = new History(scripts, config.topology.shards, databases);
  const parts = { config, api: apiConfig, redis, scripts, databases, logger, registry: metrics };
  const webhooks = startWebhooks(parts, lifecycle);

  // A shard that waits for its Redis or Postgres makes no worker unready: it is the one that will bring it back.
  const notReady = () => (lifecycle.closing ? 'stopping' : undefined);
  const app = await buildApp({ config: apiConfig, history, webhooks, logger, metrics, notReady, tracing });
  await app.listen({ host: config.HOST, port: config.PORT });
  lifecycle.onClose('http', () => app.close());
  logger.info({ port: config.PORT }, 'listening');
});
