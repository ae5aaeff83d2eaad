import type { Operation } from '@leaderboard/shared/scripting/write-scores';
import type { Shard, ShardMap } from '@leaderboard/shared/topology/shards';
import {
  type AppliedWrite,
  maxWindowedTogether,
  maxWritesTogether,
  PeriodsMissing,
  RulesChanged,
  type ScoreWriter,
  UserErased,
} from '../store/score-writer.js';
import type { GameRules } from './games.js';
import type { Rankings } from './rankings.js';
import {
  operationOf,
  outcomeOf,
  placeOf,
  rankUnknown,
  type ScoreCommand,
  type ScoreOutcome,
  toOutcome,
  toWrite,
  type WriteCounter,
} from './score-command.js';
import type { Scores } from './scores.js';
import type { WrittenGames } from './written-games.js';

export interface RuledCommand {
  readonly command: ScoreCommand;
  readonly rules: GameRules;
}

/** What became of a write of a batch. */
export type BatchResult = { readonly outcome: ScoreOutcome } | { readonly error: unknown };

interface Item extends RuledCommand {
  /** Where its result goes. */
  readonly at: number;
  readonly operation: Operation;
}

interface Applied {
  readonly item: Item;
  readonly written: AppliedWrite;
}

/**
 * Many score writes of one call: those of one shard travel in few script calls, in the order in which they came, without
 * a promise for each. What is not settled by one write (Scores knows how) is left to `scores.apply`.
 */
export class ScoreBatches {
  constructor(
    private readonly writer: ScoreWriter,
    private readonly rankings: Rankings,
    private readonly writtenGames: WrittenGames,
    private readonly scores: Scores,
    private readonly shards: ShardMap,
    private readonly count: WriteCounter,
  ) {}

  /** A result for each command, in order. Never rejects. */
  async apply(commands: readonly RuledCommand[]): Promise<BatchResult[]> {
    const results: BatchResult[] = new Array(commands.length);
    const writing = [...this.#chunks(commands)].map(([shard, items]) => this.#write(shard, items, results));
    await Promise.all(writing);
    return results;
  }

  *#chunks(commands: readonly RuledCommand[]): Generator<[Shard, Item[]]> {
    const open = new Map<Shard, Item[]>();
    for (const [at, { command, rules }] of commands.entries()) {
      const shard = this.shards.home(command.subject.region, command.subject.userId);
      const items = open.get(shard) ?? [];
      items.push({ at, command, rules, operation: operationOf(command.action, rules) });
      if (items.length === 1) open.set(shard, items);
      const most = rules.definition.windows.length > 0 ? maxWindowedTogether : maxWritesTogether;
      if (items.length < most) continue;
      open.delete(shard);
      yield [shard, items];
    }
    yield* open;
  }

  async #write(shard: Shard, items: readonly Item[], results: BatchResult[]): Promise<void> {
    const writes = items.map(({ command, rules, operation }) =>
      toWrite(command, operation, this.writtenGames.of(rules, command.happenedAtMs)),
    );
    const written = await this.writer.writeAll(shard, writes).catch((error: Error) => items.map(() => error));
    this.#countAll(items, written);

    const applied = new Map<GameRules, Applied[]>();
    const unsettled: Item[] = [];
    for (const [index, item] of items.entries()) {
      const one = written[index] as AppliedWrite | Error;
      if (isUnsettled(one)) unsettled.push(item);
      else if (one instanceof Error) results[item.at] = { error: one };
      else {
        const ofGame = applied.get(item.rules);
        if (ofGame) ofGame.push({ item, written: one });
        else applied.set(item.rules, [{ item, written: one }]);
      }
    }
    await Promise.all([
      ...[...applied].map(([rules, ofGame]) => this.#answer(shard, rules, ofGame, results)),
      ...unsettled.map(async ({ at, command }) => {
        results[at] = await this.scores.apply(command).then(
          (outcome) => ({ outcome }),
          (error: unknown) => ({ error }),
        );
      }),
    ]);
  }

  /** Of one game: their ranks are asked for together. */
  async #answer(shard: Shard, rules: GameRules, applied: readonly Applied[], results: BatchResult[]) {
    const places = () => applied.map(({ item, written }) => placeOf(item.command.subject, rules, written));
    try {
      const before = await this.rankings.countBefore(shard.region, rules, places, shard).catch(rankUnknown);
      for (const [index, { item, written }] of applied.entries())
        results[item.at] = { outcome: toOutcome(item.command, rules, written, before[index] ?? 0) };
    } catch (error) {
      for (const { item } of applied) results[item.at] = { error };
    }
  }

  #countAll(items: readonly Item[], written: readonly (AppliedWrite | Error)[]): void {
    const counts = new Map<string, { operation: Operation; outcome: string; writes: number }>();
    for (const [index, { operation }] of items.entries()) {
      const one = written[index] as AppliedWrite | Error;
      const outcome = one instanceof Error ? outcomeOf(one) : one.outcome;
      const known = counts.get(`${operation} ${outcome}`);
      if (known) known.writes += 1;
      else counts.set(`${operation} ${outcome}`, { operation, outcome, writes: 1 });
    }
    for (const { operation, outcome, writes } of counts.values()) this.count(operation, outcome, writes);
  }
}

/** Nothing was applied, and knowing more may help. */
const isUnsettled = (written: AppliedWrite | Error) =>
  written instanceof RulesChanged || written instanceof PeriodsMissing || written instanceof UserErased;
