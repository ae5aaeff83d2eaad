import { Problem } from '@leaderboard/shared/http/problems';
import type { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import {
  parseWriteScoresReply,
  type ScoreWrite,
  type WriteReply,
  type WriteSettings,
  writeScoresArguments,
  writeScoresKeys,
} from '@leaderboard/shared/scripting/write-scores';
import { RedisOutcomeUnknown } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import type { AcknowledgedWrites } from './acknowledged-writes.js';
import type { BatchLimits } from './batcher.js';
import { Batchers } from './batchers.js';

export interface AppliedWrite {
  /** `exists`: a `create` that found an entry and left it alone. */
  readonly outcome: 'applied' | 'replayed' | 'exists';
  readonly score: number | null;
  readonly previousScore: number | null;
  /** Within this shard; null when the entry is gone. */
  readonly rank: number | null;
  readonly changed: boolean;
  readonly reachedAtUs: number;
  readonly name: string;
}

/** The game has other rules by now than this write was made for. */
export class RulesChanged extends Error {
  override name = 'RulesChanged';
}

/** The windows of the game have no period for the time at which this happened. */
export class PeriodsMissing extends Error {
  override name = 'PeriodsMissing';

  constructor(readonly happenedAtMs: number) {
    super(`no period for ${happenedAtMs}`);
  }
}

/** The write is from before its user was erased; nothing was applied. */
export class UserErased extends Error {
  override name = 'UserErased';
}

/** With windows a write changes several boards. */
const windowedWeight = 3;

/**
 * A batch holds up whatever else Redis has to do: for four milliseconds at most, about. Two under way keep
 * Redis busy; what waits for them makes larger ones.
 */
const limits: BatchLimits<ScoreWrite> = {
  maxItems: 128,
  maxInFlight: 2,
  weightOf: ({ game }) => (game.windows === '' ? 1 : windowedWeight),
};

/** What `writeAll` takes, without windows and with some. */
export const maxWritesTogether = limits.maxItems;
export const maxWindowedTogether = Math.floor(limits.maxItems / windowedWeight);

/** Applies score writes: those of one shard that arrive together travel in one script call. */
export class ScoreWriter {
  readonly #scripts: FencedScripts;
  readonly #settings: WriteSettings;
  readonly #acknowledged: AcknowledgedWrites;
  readonly #batchers: Batchers<ScoreWrite, WriteReply>;

  constructor(scripts: FencedScripts, settings: WriteSettings, acknowledged: AcknowledgedWrites) {
    this.#scripts = scripts;
    this.#settings = settings;
    this.#acknowledged = acknowledged;
    this.#batchers = new Batchers(limits, (shard, writes) => this.#evaluate(shard, writes));
  }

  /**
   * @throws {Problem} when the script refuses; nothing was applied then.
   * @throws {RulesChanged} when the shard has its scores under other rules; nothing was applied.
   * @throws {PeriodsMissing} when the windows in the game are of another time; nothing was applied.
   * @throws {UserErased} when the account on whose behalf it is written is gone; nothing was applied.
   * @throws ShardClosed, RedisUnavailable, RedisOutcomeUnknown
   */
  async write(shard: Shard, write: ScoreWrite): Promise<AppliedWrite> {
    const written = parseReply(await this.#batchers.of(shard).add(write));
    if (written instanceof Error) throw written;
    return written;
  }

  /**
   * Writes of one shard in order, as many as fit into a batch. What `write` throws of a single one is returned in its place.
   * @throws ShardClosed, RedisUnavailable, RedisOutcomeUnknown for all of them
   */
  async writeAll(shard: Shard, writes: readonly ScoreWrite[]): Promise<(AppliedWrite | Error)[]> {
    return (await this.#batchers.of(shard).addAll(writes)).map(parseReply);
  }

  async #evaluate(shard: Shard, writes: ScoreWrite[]): Promise<WriteReply[]> {
    const args = writeScoresArguments(shard, this.#settings, writes);
    const reply = await this.#scripts.run('write-scores', shard, writeScoresKeys(shard), args);
    const { lastVersion, replies } = parseWriteScoresReply(reply);
    let applied = 0;
    for (const { code } of replies) if (code === 'applied') applied += 1;
    this.#acknowledged.record(shard, lastVersion, applied);
    return replies;
  }
}

type StoredAnswer = [
  score: string | null,
  previous: string | null,
  rank: number | null,
  changed: 0 | 1,
  reached: string,
  name: string,
];

function parseReply({ code, told }: WriteReply): AppliedWrite | Error {
  switch (code) {
    case 'applied':
    case 'replayed':
    case 'exists': {
      const [score, previous, rank, changed, reached, name] = told as StoredAnswer;
      return {
        outcome: code,
        score: score === null ? null : Number(score),
        previousScore: previous === null ? null : Number(previous),
        rank,
        changed: changed === 1,
        reachedAtUs: Number(reached),
        name,
      };
    }
    case 'user_rate_limited':
      return new Problem(code, 'This user writes faster than allowed', {
        retryAfterSeconds: (told as number) / 1000,
      });
    case 'region_rate_limited':
      return new Problem(code, 'This region takes no more writes now', {
        retryAfterSeconds: (told as number) / 1000,
      });
    case 'queue_full': {
      const [waiting, roomInMs] = told as [number, number];
      return new Problem(code, `${waiting} writes wait to be stored`, { retryAfterSeconds: roomInMs / 1000 });
    }
    case 'score_out_of_range':
      return new Problem(code, 'The new score would lie outside what this game or the platform can keep');
    case 'idempotency_mismatch':
      return new Problem(code, 'The first request with this key was another one');
    case 'rules_changed':
      return new RulesChanged(`the shard has ${told}`);
    case 'periods_missing':
      return new PeriodsMissing(told as number);
    case 'user_erased':
      return new UserErased('the account was erased');
    case 'timestamp_out_of_range':
      return new Problem(code, 'The event is older than MAX_LATENESS allows, or from the future');
    case 'not_ranked':
      return new Problem(code, 'There is no such entry');
    default:
      return new RedisOutcomeUnknown(`write-scores: ${code} ${told}`);
  }
}
