import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { PutWebhookAnswer, PutWebhookBody, WebhookAnswer } from '@leaderboard/shared/contracts/webhooks';
import { toProblem } from '@leaderboard/shared/http/problem-handler';
import { Problem } from '@leaderboard/shared/http/problems';
import { unavailable } from '../postgres/ask.js';
import { literalOf } from './guarded-connector.js';
import { isPublicAddress } from './public-address.js';
import { makeSecret } from './signature.js';
import type { Act, WebhookRow, WebhookStore } from './webhook-store.js';

/** Where events come from. */
export interface Streams {
  /** They are read from here on; what is in them by now belongs to no webhook. */
  begin(): Promise<void>;
  /** There is somebody to read them for. */
  wake(): void;
}

/** Looks up, makes, changes and removes webhooks, for admins. Every method throws Problem store_unavailable. */
export class Webhooks {
  constructor(
    private readonly store: WebhookStore,
    private readonly allowPrivate: boolean,
    private readonly streams: Streams,
  ) {}

  async list(): Promise<WebhookAnswer[]> {
    return (await asking(this.store.list())).map(answerOf);
  }

  /** @throws {Problem} not_found */
  async get(id: string): Promise<WebhookAnswer> {
    const row = await asking(this.store.find(id));
    if (!row) throw noSuchWebhook(id);
    return answerOf(row);
  }

  /** What is committed after the answer is told. A secret that had to be made is answered this once. @throws {Problem} invalid_request */
  async put(id: string, body: PutWebhookBody, act: Act): Promise<PutWebhookAnswer> {
    await this.#checkTarget(body.url);
    const newSecret = makeSecret();
    const begin = () => this.streams.begin().catch((error) => Promise.reject(toProblem(error)));
    const { webhook, made } = await asking(this.store.put(id, body, newSecret, act, begin));
    this.streams.wake();
    return { ...answerOf(webhook), ...(made && body.secret === undefined && { secret: newSecret }) };
  }

  /** @throws {Problem} not_found */
  async delete(id: string, act: Act): Promise<void> {
    if (!(await asking(this.store.delete(id, act)))) throw noSuchWebhook(id);
  }

  /** Only to say so early: what counts is the address at the time of each delivery. */
  async #checkTarget(text: string): Promise<void> {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || `${url.username}${url.password}${url.hash}` !== '') {
      throw invalidUrl('must be an http or https URL without user, password and fragment');
    }
    if (this.allowPrivate) return;
    const host = literalOf(url.hostname);
    const found = isIP(host) === 0 ? await lookup(host, { all: true }).catch(() => []) : [{ address: host }];
    const inside = found.find(({ address }) => !isPublicAddress(address));
    if (inside) throw invalidUrl(`leads to ${inside.address}, which is not a public address`);
  }
}

function invalidUrl(message: string): Problem {
  return new Problem('invalid_request', `body/url ${message}`, { errors: [{ path: 'body/url', message }] });
}

const noSuchWebhook = (id: string) => new Problem('not_found', `There is no webhook "${id}"`);

async function asking<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw unavailable(error);
  }
}

function answerOf(row: WebhookRow): WebhookAnswer {
  const { id, url, games, kinds, last_error: error, last_error_at: erredAt, last_delivered_at: told } = row;
  return {
    id,
    url,
    ...(games && { games }),
    kinds,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    pending: Number(row.pending),
    delivered: Number(row.delivered),
    failed: Number(row.failed),
    dead: Number(row.dead),
    dropped: Number(row.dropped),
    ...(told && { last_delivered_at: told.toISOString() }),
    ...(error !== null && erredAt && { last_error: error, last_error_at: erredAt.toISOString() }),
  };
}
