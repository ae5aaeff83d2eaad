import { type BulkEvent, type BulkResult, parseBulkEvent } from '@leaderboard/shared/contracts/bulk';
import { toProblem } from '@leaderboard/shared/http/problem-handler';
import { Problem } from '@leaderboard/shared/http/problems';
import type { ShardMap } from '@leaderboard/shared/topology/shards';
import type { Home } from '../store/account-store.js';
import type { GameRules, Games } from './games.js';
import type { Homes, WantedHome } from './homes.js';
import { parseRegion } from './regions.js';
import type { BatchResult, RuledCommand, ScoreBatches } from './score-batches.js';
import { checkRange, type RequestOrigin, type ScoreCommand } from './score-command.js';
import { servedSubject } from './subject.js';

/** An event as it came, or the reason why its line could not be read. */
export type ReceivedEvent = { readonly value: unknown } | { readonly unreadable: string };

/**
 * Many events of a game server in one call: each has its own result, in order. Homes are claimed in one call
 * for each shard of accounts, and writes of one shard leave together, in the order in which they came.
 */
export class BulkScores {
  readonly #batches: ScoreBatches;
  readonly #games: Games;
  readonly #homes: Homes;
  readonly #shards: ShardMap;

  constructor(batches: ScoreBatches, games: Games, homes: Homes, shards: ShardMap) {
    this.#batches = batches;
    this.#games = games;
    this.#homes = homes;
    this.#shards = shards;
  }

  async apply(received: readonly ReceivedEvent[], origin: RequestOrigin): Promise<BulkResult[]> {
    const parsed = received.map(parse);
    const rulesOf = await this.#rulesOf(parsed);
    const events = parsed.map((event) => this.#check(event, rulesOf));
    const checked = events.filter((event): event is CheckedEvent => !(event instanceof Problem));
    const homes = await this.#homes.resolveAll(checked.map(({ wanted }) => wanted));

    const failures = new Map<number, unknown>();
    const commands: RuledCommand[] = [];
    let nextHome = 0;
    for (const [at, event] of events.entries()) {
      const home = event instanceof Problem ? event : (homes[nextHome++] as Home | Problem);
      if (event instanceof Problem || home instanceof Problem) failures.set(at, home);
      else commands.push({ rules: event.rules, command: this.#command(event, home, origin) });
    }
    const results = await this.#batches.apply(commands);
    let next = 0;
    return events.map((_, at) =>
      toResult(failures.has(at) ? { error: failures.get(at) } : (results[next++] as BatchResult)),
    );
  }

  /** Of every game that is named, or the Problem that stands in its way. */
  async #rulesOf(
    events: readonly (BulkEvent | Problem)[],
  ): Promise<Map<string | undefined, GameRules | Problem>> {
    const games = new Set<string | undefined>();
    for (const event of events) if (!(event instanceof Problem)) games.add(event.game);
    const rules = [...games].map(
      async (game) => [game, await this.#games.rulesOf(game).catch(toProblem)] as const,
    );
    return new Map(await Promise.all(rules));
  }

  /** Everything that can be refused before a home is claimed. */
  #check(
    event: BulkEvent | Problem,
    rulesOf: ReadonlyMap<string | undefined, GameRules | Problem>,
  ): CheckedEvent | Problem {
    if (event instanceof Problem) return event;
    const rules = rulesOf.get(event.game) as GameRules | Problem;
    if (rules instanceof Problem) return rules;
    try {
      checkRange(rules, { action: actionOf(event), value: amountOf(event) });
      const { user_id: userId, name } = event;
      const region = event.region === undefined ? undefined : parseRegion(this.#shards, event.region);
      return { event, rules, wanted: { userId, region, name } };
    } catch (error) {
      return toProblem(error);
    }
  }

  #command({ event, wanted }: CheckedEvent, home: Home, origin: RequestOrigin): ScoreCommand {
    const { timestamp } = event;
    return {
      action: actionOf(event),
      subject: servedSubject(wanted, home, this.#homes),
      game: event.game,
      value: amountOf(event),
      idempotencyKey: event.event_id,
      requestId: origin.requestId,
      traceparent: origin.traceparent,
      happenedAtMs: timestamp === undefined ? undefined : Date.parse(timestamp),
    };
  }
}

interface CheckedEvent {
  readonly event: BulkEvent;
  readonly rules: GameRules;
  readonly wanted: WantedHome;
}

function parse(received: ReceivedEvent): BulkEvent | Problem {
  if ('unreadable' in received) return new Problem('malformed_body', received.unreadable);
  const event = parseBulkEvent(received.value);
  return 'reason' in event ? new Problem('invalid_request', event.reason) : event;
}

function toResult(result: BatchResult): BulkResult {
  if ('outcome' in result) {
    const { answer, replayed } = result.outcome;
    const { user_id, name, region, game, score, previous_score, rank, best, updated_at } = answer;
    // By name: spreading the answer takes longer than making it.
    const told = {
      ok: true as const,
      user_id,
      name,
      region,
      game,
      score,
      previous_score,
      rank,
      best,
      updated_at,
    };
    return replayed ? { ...told, replayed } : told;
  }
  const { code, message } = toProblem(result.error);
  return { ok: false, code, detail: message };
}

const actionOf = ({ delta }: BulkEvent) => (delta === undefined ? 'score' : 'add');
const amountOf = ({ delta, score }: BulkEvent) => delta ?? score;
