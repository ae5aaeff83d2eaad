import { type BulkEvent, type BulkResult, parseBulkEvent } from '@leaderboard/shared/contracts/bulk';
import { toProblem } from '@leaderboard/shared/http/problem-handler';
import { Problem } from '@leaderboard/shared/http/problems';
import type { ShardMap } from '@leaderboard/shared/topology/shards';
import type { Home } from '../store/account-store.js';
import type { Homes } from './homes.js';
import { parseRegion } from './regions.js';
import type { RequestOrigin, ScoreCommand, Scores } from './scores.js';
import { servedSubject } from './subject.js';

/** An event as it came, or the reason why its line could not be read. */
export type ReceivedEvent = { readonly value: unknown } | { readonly unreadable: string };

/**
 * Many events of a game server in one call: each has its own result, in order. Homes are claimed in one call
 * for each shard of accounts, and writes of one shard leave together (store/batcher.ts), in the order in which they came.
 */
export class BulkScores {
  readonly #scores: Scores;
  readonly #homes: Homes;
  readonly #shards: ShardMap;

  constructor(scores: Scores, homes: Homes, shards: ShardMap) {
    this.#scores = scores;
    this.#homes = homes;
    this.#shards = shards;
  }

  async apply(received: readonly ReceivedEvent[], origin: RequestOrigin): Promise<BulkResult[]> {
    const events = await Promise.all(received.map((one) => this.#check(one).catch(toProblem)));
    const claims = events.flatMap((event) =>
      event instanceof Problem ? [] : [{ userId: event.user_id, region: event.region, name: event.name }],
    );
    const homes = await this.#homes.resolveAll(claims);
    let next = 0;
    const commands = events.map((event): ScoreCommand | Problem => {
      if (event instanceof Problem) return event;
      const home = homes[next++] as Home | Problem;
      return home instanceof Problem ? home : this.#command(event, home, origin);
    });
    return Promise.all(commands.map((command) => this.#result(command)));
  }

  /** @throws {Problem} for everything that can be refused before a home is claimed */
  async #check(received: ReceivedEvent): Promise<BulkEvent> {
    if ('unreadable' in received) throw new Problem('malformed_body', received.unreadable);
    const event = parseBulkEvent(received.value);
    if ('reason' in event) throw new Problem('invalid_request', event.reason);
    await this.#scores.check({
      action: actionOf(event),
      game: event.game,
      value: event.delta ?? event.score,
    });
    return event.region === undefined ? event : { ...event, region: parseRegion(this.#shards, event.region) };
  }

  #command(event: BulkEvent, home: Home, origin: RequestOrigin): ScoreCommand {
    const { user_id: userId, region, name, timestamp } = event;
    return {
      action: actionOf(event),
      subject: servedSubject({ userId, region, name }, home, this.#homes),
      game: event.game,
      value: event.delta ?? event.score,
      idempotencyKey: event.event_id,
      ...origin,
      happenedAtMs: timestamp === undefined ? undefined : Date.parse(timestamp),
    };
  }

  async #result(command: ScoreCommand | Problem): Promise<BulkResult> {
    try {
      if (command instanceof Problem) throw command;
      const { answer, replayed } = await this.#scores.apply(command);
      return { ok: true, ...answer, ...(replayed && { replayed }) };
    } catch (error) {
      const { code, message } = toProblem(error);
      return { ok: false, code, detail: message };
    }
  }
}

const actionOf = ({ delta }: BulkEvent) => (delta === undefined ? 'score' : 'add');
