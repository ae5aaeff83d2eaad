import { type App, createApp } from '@leaderboard/shared/http/app';
import { registerAuth } from '@leaderboard/shared/http/auth';
import type { ReadinessCheck } from '@leaderboard/shared/http/health';
import type { Registry } from '@leaderboard/shared/http/metrics';
import type { Logger } from '@leaderboard/shared/logger';
import type { Tracing } from '@leaderboard/shared/tracing/tracing';
import type { Config } from './config.js';
import { live } from './live/live.js';
import { loadPages } from './pages.js';
import { createIpLimits } from './plugins/ip-limits.js';
import { AnswerCache } from './proxy/answer-cache.js';
import { proxy } from './proxy/proxy.js';
import { registerUpstreamHeader, upstreamLogField } from './proxy/upstream-header.js';
import { getHealth } from './routes/get-health.js';
import { getPages } from './routes/get-page.js';
import type { AllUpstreams } from './upstreams.js';

export interface GatewayOptions {
  config: Config;
  logger: Logger;
  metrics: Registry;
  upstreams: AllUpstreams;
  notReady: ReadinessCheck;
  tracing?: Tracing | undefined;
}

/** Builds the HTTP side; `main.ts` listens, tests inject. */
export async function buildApp({
  config,
  logger,
  metrics,
  upstreams,
  notReady,
  tracing,
}: GatewayOptions): Promise<App> {
  const app = createApp({
    logger,
    metrics,
    notReady,
    isTrustedProxy: (address) => config.trustedProxies.has(address),
    requestLogLevel: 'info',
    logFields: upstreamLogField,
    tracing,
  });
  registerUpstreamHeader(app);
  const auth = await registerAuth(app, config.JWT_SECRET, config.TOKEN_TTL_SECONDS);
  const limits = await createIpLimits(
    app,
    {
      requestsPerSecond: config.IP_REQUESTS_PER_SECOND,
      authRequestsPerMinute: config.AUTH_REQUESTS_PER_MINUTE,
      exempt: config.limitExempt,
    },
    metrics,
  );

  getHealth(app, upstreams.set);
  const pages = loadPages();
  if (pages.length === 0) logger.warn('web/dist has no pages: run `npm run build`');
  getPages(app, pages, limits.hooks(false));
  const readsRequireToken = config.READS_REQUIRE_TOKEN;
  const clients = { service: upstreams.client, worker: upstreams.workers.client };
  await app.register(live, { config, auth, limits, service: clients.service, registry: metrics });
  const cache = config.TOP_CACHE_MS > 0 ? new AnswerCache(config.TOP_CACHE_MS) : undefined;
  await app.register(proxy, { auth, limits, clients, cache, readsRequireToken });
  return app;
}
