import { type App, createApp } from '@leaderboard/shared/http/app';
import { registerAuth } from '@leaderboard/shared/http/auth';
import { createGuards } from '@leaderboard/shared/http/guards';
import type { ReadinessCheck } from '@leaderboard/shared/http/health';
import type { Logger } from '@leaderboard/shared/logger';
import type { Tracing } from '@leaderboard/shared/tracing/tracing';
import type { Registry } from 'prom-client';
import type { ApiConfig } from './config.js';
import type { History } from './history/history.js';
import { deleteWebhook } from './routes/delete-webhook.js';
import { getExport } from './routes/get-export.js';
import { getHistory } from './routes/get-history.js';
import { getWebhook } from './routes/get-webhook.js';
import { getWebhooks } from './routes/get-webhooks.js';
import { putWebhook } from './routes/put-webhook.js';
import type { Webhooks } from './webhooks/webhooks.js';

export interface AppParts {
  readonly config: ApiConfig;
  readonly history: History;
  readonly webhooks: Webhooks;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly notReady: ReadinessCheck;
  readonly tracing?: Tracing | undefined;
}

const routes = [getHistory, getExport, getWebhooks, getWebhook, putWebhook, deleteWebhook];

/** Builds the HTTP side: what is answered from Postgres, and webhooks. `main.ts` listens, tests inject. */
export async function buildApp({
  config,
  logger,
  metrics,
  notReady,
  tracing,
  ...parts
}: AppParts): Promise<App> {
  const app = createApp({ logger, metrics, notReady, tracing });
  const auth = await registerAuth(app, config.JWT_SECRET, config.TOKEN_TTL_SECONDS);
  app.decorateRequest('caller', undefined);
  const guard = createGuards(auth, false);
  for (const register of routes) register(app, { ...parts, guard });
  return app;
}
