import { randomUUID } from 'node:crypto';
import type { PutWebhookBody, WebhookKind } from '@leaderboard/shared/contracts/webhooks';
import type { DatabasePool } from '../postgres/databases.js';
import { inTransaction, type Query } from '../postgres/transaction.js';
import { countDropped, queueDeliveries } from '../sql/webhook-deliveries.js';
import {
  deleteWebhook,
  listWebhooks,
  lockWebhooks,
  noteWebhookAct,
  putWebhook,
  readWebhook,
} from '../sql/webhooks.js';
import type { Content } from './content.js';

/** A webhook as it is stored; counts are text. */
export interface WebhookRow {
  readonly id: string;
  readonly url: string;
  readonly games: string[] | null;
  readonly kinds: WebhookKind[];
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly pending: string;
  readonly delivered: string;
  readonly failed: string;
  readonly dead: string;
  readonly dropped: string;
  readonly last_delivered_at: Date | null;
  readonly last_error: string | null;
  readonly last_error_at: Date | null;
}

export interface NewDelivery {
  readonly id: string;
  readonly webhook: WebhookRow;
  readonly content: Content;
}

export interface Act {
  readonly actor: string;
  readonly requestId: string;
}

/** Webhooks and what they are to be told. Rejects with what Postgres says. */
export class WebhookStore {
  constructor(
    readonly pool: DatabasePool,
    private readonly maxPending: number,
  ) {}

  async list(): Promise<WebhookRow[]> {
    return (await this.pool.query<WebhookRow>(this.pool.prepared(listWebhooks))).rows;
  }

  async find(id: string): Promise<WebhookRow | undefined> {
    return (await this.pool.query<WebhookRow>(this.pool.prepared(readWebhook), [id])).rows[0];
  }

  /** @param beforeFirst is done before there is a webhook where there was none, and stops it by throwing */
  put(
    id: string,
    { url, games, kinds, secret }: PutWebhookBody,
    newSecret: string,
    act: Act,
    beforeFirst: () => Promise<void>,
  ): Promise<{ webhook: WebhookRow; made: boolean }> {
    return inTransaction(this.pool, async (query, client) => {
      await client.query(lockWebhooks);
      const known = await query<WebhookRow>(listWebhooks, []);
      if (known.length === 0) await beforeFirst();
      const values = [id, url, games ?? null, kinds, secret ?? null, newSecret];
      const [webhook] = await query<WebhookRow>(putWebhook, values);
      if (!webhook) throw new Error('put-webhook returned no row');
      await query(noteWebhookAct, actValues('put-webhook', id, { url, games, kinds }, act));
      return { webhook, made: !known.some((one) => one.id === id) };
    });
  }

  /** False when there is none. */
  delete(id: string, act: Act): Promise<boolean> {
    return inTransaction(this.pool, async (query, client) => {
      await client.query(lockWebhooks);
      const { rowCount } = await client.query(this.pool.prepared(deleteWebhook), [id]);
      if (rowCount === 0) return false;
      await query(noteWebhookAct, actValues('delete-webhook', id, {}, act));
      return true;
    });
  }

  queue(deliveries: readonly NewDelivery[]): Promise<void> {
    return inTransaction(this.pool, (query) => this.queueIn(query, deliveries));
  }

  /** What a webhook has no room for is counted and dropped: others must not wait for a receiver that does not keep up. */
  async queueIn(query: Query, deliveries: readonly NewDelivery[]): Promise<void> {
    const room = new Map(
      deliveries.map(({ webhook }) => [webhook.id, this.maxPending - Number(webhook.pending)]),
    );
    const queued: NewDelivery[] = [];
    const dropped = new Map<string, number>();
    for (const delivery of deliveries) {
      const { id } = delivery.webhook;
      const left = room.get(id) ?? 0;
      room.set(id, left - 1);
      if (left > 0) queued.push(delivery);
      else dropped.set(id, (dropped.get(id) ?? 0) + 1);
    }
    if (queued.length > 0) {
      const contents = queued.map(({ content }) => JSON.stringify(content));
      await query(queueDeliveries, [
        queued.map(({ id }) => id),
        queued.map(({ webhook }) => webhook.id),
        contents,
      ]);
    }
    for (const [id, count] of dropped) await query(countDropped, [id, count]);
  }
}

const actValues = (act: string, id: string, detail: object, { actor, requestId }: Act) => [
  actor,
  act,
  id,
  JSON.stringify(detail),
  requestId,
  randomUUID(),
];

/** Whether a webhook is to be told of this. */
export const wants = ({ games, kinds }: WebhookRow, kind: WebhookKind, game: string): boolean =>
  kinds.includes(kind) && (games === null || games.includes(game));
