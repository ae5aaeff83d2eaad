import { hostname } from 'node:os';
import type { Lifecycle } from '@leaderboard/shared/lifecycle';
import type { Logger } from '@leaderboard/shared/logger';
import type { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import type { RedisConnections } from '@leaderboard/shared/topology/redis-connections';
import { everyone } from '@leaderboard/shared/topology/regions';
import type { Registry } from 'prom-client';
import type { ApiConfig, Config } from '../config.js';
import { EventGroup } from '../events/event-group.js';
import type { Databases } from '../postgres/databases.js';
import { countPending } from '../sql/webhook-deliveries.js';
import { BoardWatch } from './board-watch.js';
import { DeliveryLoop } from './delivery-loop.js';
import { EventFeed, feedGroup } from './event-feed.js';
import { FirstPlacesReader } from './first-places.js';
import { Sender } from './sender.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { WebhookStore } from './webhook-store.js';
import { Webhooks } from './webhooks.js';

export interface WebhookParts {
  readonly config: Config;
  readonly api: ApiConfig;
  readonly redis: RedisConnections;
  readonly scripts: FencedScripts;
  /** Not the drain's: webhooks must not take its connections. */
  readonly databases: Databases;
  readonly logger: Logger;
  readonly registry: Registry;
}

/**
 * Starts what tells webhooks, beside the drain and never in its way:
 *
 *   events:{S} ─ EventFeed (one a shard) ─┐
 *   boards ───── BoardWatch ──────────────┴─► webhook_deliveries ─► DeliveryLoop ─► receivers
 */
export function startWebhooks(parts: WebhookParts, lifecycle: Pick<Lifecycle, 'onClose'>): Webhooks {
  const { config, api, redis, scripts, databases, logger, registry } = parts;
  const { shards } = config.topology;
  const pool = databases.ofRegion(everyone);
  const store = new WebhookStore(pool, api.WEBHOOK_MAX_PENDING);
  const metrics = new WebhookMetrics(registry, async () => {
    const { rows } = await pool.query<{ pending: string }>(pool.prepared(countPending));
    return Number(rows[0]?.pending);
  });
  const sender = new Sender({
    timeoutMs: api.WEBHOOK_TIMEOUT_MS,
    allowPrivate: api.WEBHOOK_ALLOW_PRIVATE,
  });
  lifecycle.onClose('webhook connections', () => sender.close());

  const settings = {
    maxAttempts: api.WEBHOOK_MAX_ATTEMPTS,
    retryMs: api.WEBHOOK_RETRY_MS,
    timeoutMs: api.WEBHOOK_TIMEOUT_MS,
    concurrency: api.WEBHOOK_CONCURRENCY,
  };
  const loop = new DeliveryLoop({ pool, sender, settings, metrics, logger });
  const onQueued = () => loop.wake();
  const places = new FirstPlacesReader(scripts, shards);
  const watch = new BoardWatch({ store, places, retainPeriods: config.RETAIN_PERIODS, onQueued, logger });
  const consumer = config.INSTANCE || hostname();
  const feeds = shards.shards.map(
    (shard) =>
      new EventFeed({
        shard,
        connect: () => redis.dedicated(shard, `webhooks:${shard.tag}`),
        consumer,
        store,
        onGames: (games) => watch.touch(games),
        onQueued,
        logger,
      }),
  );
  const all = [loop, watch, ...feeds];
  for (const one of all) one.start();
  lifecycle.onClose('webhooks', () => Promise.all(all.map((one) => one.stop())));

  return new Webhooks(store, api.WEBHOOK_ALLOW_PRIVATE, {
    async begin() {
      for (const shard of shards.shards)
        await new EventGroup(shard, redis.of(shard), feedGroup, consumer).restart();
    },
    wake() {
      for (const feed of feeds) feed.wake();
    },
  });
}
