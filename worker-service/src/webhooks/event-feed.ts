import { createHash } from 'node:crypto';
import type { ScoreMessage } from '@leaderboard/shared/contracts/queue-message';
import type { Logger } from '@leaderboard/shared/logger';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import { Backoff, pause } from '../backoff.js';
import { EventGroup, type StreamEntry } from '../events/event-group.js';
import { followEvents } from '../events/follow-events.js';
import { type NewDelivery, type WebhookRow, type WebhookStore, wants } from './webhook-store.js';

/** The consumer group of all workers: an event is given to one of them. */
export const feedGroup = 'webhooks';

/** How often is looked whether there are webhooks by now. */
const lookAgainMs = 1_000;
/** One delivery has at most so many events. */
const eventsInDelivery = 100;

export interface FeedContext {
  readonly shard: Shard;
  /** A connection of its own: it waits on it. */
  readonly connect: () => Promise<RedisConnection>;
  /** The same after a restart, so that what was not acked is found again at once. */
  readonly consumer: string;
  readonly store: WebhookStore;
  /** Told of the games that have events. */
  readonly onGames: (games: ReadonlySet<string>) => void;
  /** Called when something was queued. */
  readonly onQueued: () => void;
  readonly logger: Logger;
}

/**
 * Turns a shard's committed events into deliveries: reads a batch, asks which webhooks there are, queues in Postgres
 * what each is to be told, acks. A webhook that was made before the batch was read is never missed; while there is none,
 * nothing is read.
 */
export class EventFeed {
  readonly #context: FeedContext;
  readonly #stopping = new AbortController();
  #idle = new AbortController();
  #finished: Promise<void> = Promise.resolve();

  constructor(context: FeedContext) {
    this.#context = context;
  }

  start(): void {
    this.#finished = this.#run();
  }

  /** There is a webhook now. */
  wake(): void {
    this.#idle.abort();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#finished;
  }

  async #run(): Promise<void> {
    const { store, logger, shard } = this.#context;
    const { signal } = this.#stopping;
    const backoff = new Backoff(lookAgainMs);
    while (!signal.aborted) {
      try {
        this.#idle = new AbortController();
        if ((await store.list()).length === 0) await pause(lookAgainMs, this.#idle.signal);
        else await this.#follow();
        backoff.reset();
      } catch (error) {
        logger.warn({ err: (error as Error).message, shard: shard.tag }, 'events are not read for webhooks');
        await backoff.wait(signal);
      }
    }
  }

  /** Until there is no webhook any more. */
  async #follow(): Promise<void> {
    const { shard, connect, consumer, logger } = this.#context;
    const redis = await connect();
    try {
      await followEvents({
        group: new EventGroup(shard, redis, feedGroup, consumer),
        begin: 'next',
        show: (entries) => this.#queue(entries),
        say: (text) => logger.warn({ shard: shard.tag }, `events for webhooks: ${text}`),
        signal: this.#stopping.signal,
      });
    } finally {
      await redis.close();
    }
  }

  /** False when nobody listens. What was read then is left; the first webhook to come begins anew. */
  async #queue(entries: readonly StreamEntry[]): Promise<boolean> {
    const { store, shard, onGames, onQueued } = this.#context;
    const webhooks = await store.list();
    if (webhooks.length === 0) return false;
    const read = entries.flatMap(({ id, event }) => eventOf(id, event));
    const deliveries = webhooks.flatMap((webhook) => scoreDeliveries(webhook, shard, read));
    if (deliveries.length > 0) {
      await store.queue(deliveries);
      onQueued();
    }
    onGames(new Set(read.map(({ event }) => event.game)));
    return true;
  }
}

interface ReadEvent {
  readonly streamId: string;
  readonly event: ScoreMessage;
}

/** Nothing for an entry that was trimmed, or that nobody of ours wrote. */
function eventOf(streamId: string, text: string | undefined): ReadEvent[] {
  try {
    const event = JSON.parse(text ?? '') as Partial<ScoreMessage>;
    const isEvent = typeof event.game === 'string' && typeof event.user_id === 'string';
    return isEvent && typeof event.version === 'number' ? [{ streamId, event: event as ScoreMessage }] : [];
  } catch {
    return [];
  }
}

function scoreDeliveries(webhook: WebhookRow, shard: Shard, read: readonly ReadEvent[]): NewDelivery[] {
  const wanted = read.filter(({ event }) => wants(webhook, 'score', event.game));
  const deliveries: NewDelivery[] = [];
  for (let at = 0; at < wanted.length; at += eventsInDelivery) {
    const part = wanted.slice(at, at + eventsInDelivery);
    // Made of what it says, so that a batch that is read again is not queued again.
    const from = [
      webhook.id,
      webhook.created_at.toISOString(),
      shard.tag,
      ...part.map((one) => one.streamId),
    ];
    const id = `msg_${createHash('sha256').update(from.join(' ')).digest('base64url').slice(0, 27)}`;
    deliveries.push({ id, webhook, content: { kind: 'score', events: part.map(({ event }) => event) } });
  }
  return deliveries;
}
