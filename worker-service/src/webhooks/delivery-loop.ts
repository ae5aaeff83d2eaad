import type { Logger } from '@leaderboard/shared/logger';
import { pause } from '../backoff.js';
import type { DatabasePool } from '../postgres/databases.js';
import {
  findErased,
  finishDelivery,
  giveUpDelivery,
  postponeDelivery,
  returnDelivery,
  takeDeliveries,
  withdrawDelivery,
} from '../sql/webhook-deliveries.js';
import { type Content, usersIn, without } from './content.js';
import type { Outcome, Sender } from './sender.js';
import { signedHeaders } from './signature.js';
import type { WebhookMetrics } from './webhook-metrics.js';

export interface DeliverySettings {
  /** Attempts in all, after which a delivery is dead. */
  readonly maxAttempts: number;
  /** Wait before the second attempt; it doubles, up to an hour. */
  readonly retryMs: number;
  readonly timeoutMs: number;
  /** Deliveries under way at once. */
  readonly concurrency: number;
}

export interface DeliveryContext {
  readonly pool: DatabasePool;
  readonly sender: Sender;
  readonly settings: DeliverySettings;
  readonly metrics: WebhookMetrics;
  readonly logger: Logger;
}

interface Delivery {
  readonly id: string;
  readonly webhook_id: string;
  readonly content: Content;
  readonly attempts: number;
  readonly url: string;
  readonly secret: string;
}

const lookEveryMs = 1_000;
const longestWaitMs = 3_600_000;
/** Longer than an attempt and what is noted of it take. */
const leaseSlackMs = 3_000;
/** What a stop grants the attempts under way. */
const graceMs = 2_000;

/** Before the next attempt, ms: doubling and jittered. @param attempts made so far */
export function waitAfter(attempts: number, retryMs: number, random = Math.random()): number {
  return Math.min(longestWaitMs, retryMs * 2 ** Math.min(attempts - 1, 30)) * (0.5 + random / 2);
}

/**
 * Delivers what is due, one delivery of a webhook at a time and several webhooks at once. A taken delivery is leased: that
 * of a worker that dies is due again when the lease ends.
 */
export class DeliveryLoop {
  readonly #context: DeliveryContext;
  readonly #stopping = new AbortController();
  readonly #breakOff = new AbortController();
  /** By webhook. */
  readonly #underWay = new Map<string, Promise<void>>();
  #waiting = new AbortController();
  #finished: Promise<void> = Promise.resolve();

  constructor(context: DeliveryContext) {
    this.#context = context;
  }

  start(): void {
    this.#finished = this.#run();
  }

  /** There may be something due. */
  wake(): void {
    this.#waiting.abort();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#finished;
    const timer = setTimeout(() => this.#breakOff.abort(), graceMs);
    await Promise.all(this.#underWay.values());
    clearTimeout(timer);
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#waiting = new AbortController();
      const taken = await this.#take();
      for (const delivery of taken) {
        const attempt = this.#attempt(delivery).finally(() => {
          this.#underWay.delete(delivery.webhook_id);
          this.wake();
        });
        this.#underWay.set(delivery.webhook_id, attempt);
      }
      if (taken.length === 0) await pause(lookEveryMs, this.#waiting.signal);
    }
  }

  async #take(): Promise<Delivery[]> {
    const { pool, settings, logger } = this.#context;
    const free = settings.concurrency - this.#underWay.size;
    if (free <= 0) return [];
    try {
      const values = [[...this.#underWay.keys()], free, settings.timeoutMs + leaseSlackMs];
      return (await pool.query<Delivery>(pool.prepared(takeDeliveries), values)).rows;
    } catch (error) {
      logger.warn({ err: (error as Error).message }, 'no webhook deliveries can be taken: trying again');
      return [];
    }
  }

  async #attempt(delivery: Delivery): Promise<void> {
    try {
      const content = await this.#withoutErased(delivery.content);
      if (content) await this.#note(delivery, await this.#post(delivery, content));
      else await this.#query(withdrawDelivery, [delivery.id]);
    } catch (error) {
      // It is due again when its lease ends.
      this.#context.logger.warn(
        { err: (error as Error).message, delivery: delivery.id },
        'webhook delivery not noted',
      );
    }
  }

  async #withoutErased(content: Content): Promise<Content | undefined> {
    const said = usersIn(content);
    const rows = await this.#query<{ place: number }>(findErased, [
      said.map(({ userId }) => userId),
      said.map(({ version }) => version),
    ]);
    return without(content, new Set(rows.map(({ place }) => place - 1)));
  }

  #post({ id, webhook_id: webhook, url, secret }: Delivery, content: Content): Promise<Outcome> {
    const body = JSON.stringify({ id, webhook, ...content });
    const headers = signedHeaders(secret, id, Math.floor(Date.now() / 1000), body);
    return this.#context.sender.post(url, headers, body, this.#breakOff.signal);
  }

  async #note({ id, webhook_id: webhook, attempts }: Delivery, outcome: Outcome): Promise<void> {
    const { settings, metrics, logger } = this.#context;
    if (outcome === 'delivered') {
      metrics.delivered();
      await this.#query(finishDelivery, [id]);
    } else if (outcome === 'interrupted') {
      await this.#query(returnDelivery, [id]);
    } else if (attempts < settings.maxAttempts) {
      metrics.failed();
      const waitMs = waitAfter(attempts, settings.retryMs);
      await this.#query(postponeDelivery, [id, waitMs, outcome.error]);
      if (waitMs < lookEveryMs) void pause(waitMs, this.#stopping.signal).then(() => this.wake());
    } else {
      metrics.failed();
      metrics.dead();
      logger.warn({ webhook, delivery: id, attempts, err: outcome.error }, 'webhook delivery given up');
      await this.#query(giveUpDelivery, [id, outcome.error]);
    }
  }

  async #query<Row extends object>(
    statement: { name: string; text: string },
    values: unknown[],
  ): Promise<Row[]> {
    const { pool } = this.#context;
    return (await pool.query<Row>(pool.prepared(statement), values)).rows;
  }
}
