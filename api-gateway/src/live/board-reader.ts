import { randomUUID } from 'node:crypto';
import type { Row } from '@leaderboard/shared/contracts/rankings';
import { Problem, type ProblemBody } from '@leaderboard/shared/http/problems';
import type { ServiceClient } from '../upstream/service-client.js';
import type { LiveMetrics } from './live-metrics.js';
import { namedPassers } from './standing.js';
import { aroundPath, ranksPath, topPath, type WatchedBoard } from './watched-board.js';

/** How boards are read for those who watch them. Each method throws the {@link Problem} that it met. */
export interface BoardReader {
  /** The answer of `/top`. */
  top(board: WatchedBoard): Promise<Buffer>;
  /** @param userIds at most 200 */
  ranks(board: WatchedBoard, userIds: readonly string[]): Promise<{ total: number; rows: Row[] }>;
  /** The rows right before a user. */
  before(board: WatchedBoard, userId: string): Promise<Row[]>;
}

/** Asks the leaderboard-services, as any client does. */
export class ServiceBoardReader implements BoardReader {
  readonly #service: ServiceClient;
  readonly #token: () => string | undefined;
  readonly #metrics: LiveMetrics;

  /** @param token what to show where reads need one */
  constructor(service: ServiceClient, token: () => string | undefined, metrics: LiveMetrics) {
    this.#service = service;
    this.#token = token;
    this.#metrics = metrics;
  }

  top(board: WatchedBoard): Promise<Buffer> {
    return this.#get('top', topPath(board));
  }

  async ranks(board: WatchedBoard, userIds: readonly string[]): Promise<{ total: number; rows: Row[] }> {
    const body = await this.#get('ranks', ranksPath(board, userIds));
    return JSON.parse(body.toString()) as { total: number; rows: Row[] };
  }

  async before(board: WatchedBoard, userId: string): Promise<Row[]> {
    const body = await this.#get('around', aroundPath(board, userId, namedPassers));
    const { self, around } = JSON.parse(body.toString()) as { self: Row; around: Row[] };
    // Of a group with one shared rank some stand before and some behind: none of them has a better rank.
    return around.filter((row) => row.rank < self.rank);
  }

  async #get(call: 'top' | 'ranks' | 'around', path: string): Promise<Buffer> {
    this.#metrics.asked(call);
    const token = this.#token();
    const outcome = await this.#service.send({
      method: 'GET',
      path,
      headers: [
        'x-request-id',
        randomUUID(),
        ...(token === undefined ? [] : ['authorization', `Bearer ${token}`]),
      ],
      body: undefined,
      redelivery: 'harmless',
    });
    if ('problem' in outcome) throw outcome.problem;
    const { status, headers, body } = outcome.answer;
    if (status === 200) return body;
    throw problemOf(status, body, Number(headers['retry-after']));
  }
}

/** The service's refusal, to be answered as ours. */
function problemOf(status: number, body: Buffer, retryAfterSeconds: number): Problem {
  try {
    const { code, detail, errors } = JSON.parse(body.toString()) as ProblemBody;
    return new Problem(code, detail, {
      status,
      ...(errors && { errors }),
      ...(retryAfterSeconds > 0 && { retryAfterSeconds }),
    });
  } catch {
    return new Problem('bad_gateway', `The leaderboard service answered ${status} without a problem`);
  }
}
