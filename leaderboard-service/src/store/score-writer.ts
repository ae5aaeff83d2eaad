import { Problem } from '@leaderboard/shared/http/problems';
import type { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import {
  boardKey,
  idempotencyKey,
  queueKey,
  rulesKey,
  shardKey,
  userKey,
} from '@leaderboard/shared/topology/keys';
import { RedisOutcomeUnknown } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import type { AcknowledgedWrites } from './acknowledged-writes.js';
import { Batcher } from './batcher.js';

export type Operation = 'best' | 'set' | 'incr' | 'create' | 'remove';

/** One change of one user's entry, as the write script takes it. */
export interface ScoreWrite {
  readonly eventId: string;
  readonly userId: string;
  /** Undefined: as it is. */
  readonly name: string | undefined;
  /** For a user without an entry, when no name is given. */
  readonly newName: string;
  readonly game: string;
  /** Operator and order of the game; the shard refuses a write under others than its own. */
  readonly rules: string;
  readonly operation: Operation;
  /** The new score, the delta of `incr`; undefined for `remove`. */
  readonly value: number | undefined;
  readonly leastScore: number;
  readonly greatestScore: number;
  /** What `incr` may add or take away. */
  readonly greatestDelta: number;
  /** Whether the user's own token bucket applies. */
  readonly limited: boolean;
  readonly idempotency: { readonly key: string; readonly requestHash: string } | undefined;
  readonly requestId: string;
}

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

export interface WriteLimits {
  readonly userWritesPerSecond: number;
  readonly userWritesBurst: number;
  /** Of one shard. */
  readonly shardWritesPerSecond: number;
  readonly queueMax: number;
}

/** The game has other rules by now than this write was made for. */
export class RulesChanged extends Error {
  override name = 'RulesChanged';
}

/** Larger batches hold Redis too long for the reads beside them. */
const maxBatchItems = 128;
const maxBatchesInFlight = 4;
const idempotencyTtlMs = 24 * 60 * 60 * 1000;

type Reply = { code: string; text: string };

/** Applies score writes: those of one shard that arrive together travel in one script call. */
export class ScoreWriter {
  readonly #scripts: FencedScripts;
  readonly #limits: WriteLimits;
  readonly #acknowledged: AcknowledgedWrites;
  readonly #batchers = new Map<Shard, Batcher<ScoreWrite, Reply>>();

  constructor(scripts: FencedScripts, limits: WriteLimits, acknowledged: AcknowledgedWrites) {
    this.#scripts = scripts;
    this.#limits = limits;
    this.#acknowledged = acknowledged;
  }

  /**
   * @throws {Problem} when the script refuses; nothing was applied then.
   * @throws {RulesChanged} when the shard has its scores under other rules; nothing was applied.
   * @throws ShardClosed, RedisUnavailable, RedisOutcomeUnknown
   */
  async write(shard: Shard, write: ScoreWrite): Promise<AppliedWrite> {
    return parseReply(await this.#batcherOf(shard).add(write));
  }

  #batcherOf(shard: Shard): Batcher<ScoreWrite, Reply> {
    let batcher = this.#batchers.get(shard);
    if (!batcher) {
      batcher = new Batcher((writes) => this.#evaluate(shard, writes), {
        maxItems: maxBatchItems,
        maxInFlight: maxBatchesInFlight,
      });
      this.#batchers.set(shard, batcher);
    }
    return batcher;
  }

  async #evaluate(shard: Shard, writes: ScoreWrite[]): Promise<Reply[]> {
    const keys = [
      shardKey(shard),
      queueKey(shard),
      userKey(shard, ''),
      idempotencyKey(shard, '', '').slice(0, -1),
      boardKey(shard),
      rulesKey(shard),
    ];
    const args = [...this.#batchArguments(shard), ...writes.flatMap(writeArguments)];
    const reply = (await this.#scripts.run('write-scores', shard, keys, args)) as string[];
    const [version, ...flat] = reply;
    const replies = writes.map((_, at) => ({ code: flat[at * 2] ?? '', text: flat[at * 2 + 1] ?? '' }));
    this.#acknowledged.record(
      shard,
      Number(version),
      replies.filter(({ code }) => code === 'applied').length,
    );
    return replies;
  }

  #batchArguments(shard: Shard): string[] {
    const { userWritesPerSecond, userWritesBurst, shardWritesPerSecond, queueMax } = this.#limits;
    return [
      shard.region,
      String(queueMax),
      String(userWritesBurst === 0 ? 0 : intervalUs(userWritesPerSecond)),
      String(userWritesBurst),
      String(intervalUs(shardWritesPerSecond)),
      String(Math.max(1, Math.ceil(shardWritesPerSecond))),
      String(idempotencyTtlMs),
    ];
  }
}

function writeArguments(write: ScoreWrite): string[] {
  return [
    write.eventId,
    write.userId,
    write.name ?? '',
    write.game,
    write.rules,
    write.operation,
    write.value === undefined ? '' : String(write.value),
    String(write.leastScore),
    String(write.greatestScore),
    write.limited ? '1' : '0',
    write.idempotency?.key ?? '',
    write.idempotency?.requestHash ?? '',
    write.requestId,
    write.newName,
    String(write.greatestDelta),
  ];
}

/** 0 = no limit, as in the script. */
function intervalUs(perSecond: number): number {
  return perSecond === 0 ? 0 : 1_000_000 / perSecond;
}

type StoredAnswer = [
  score: string | null,
  previous: string | null,
  rank: number | null,
  changed: 0 | 1,
  reached: string,
  name: string,
];

function parseReply({ code, text }: Reply): AppliedWrite {
  switch (code) {
    case 'applied':
    case 'replayed':
    case 'exists': {
      const [score, previous, rank, changed, reached, name] = JSON.parse(text) as StoredAnswer;
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
      throw new Problem(code, 'This user writes faster than allowed', {
        retryAfterSeconds: Number(text) / 1000,
      });
    case 'region_rate_limited':
      throw new Problem(code, 'This region takes no more writes now', {
        retryAfterSeconds: Number(text) / 1000,
      });
    case 'queue_full': {
      const [waiting, roomInMs] = text.split(' ').map(Number);
      const retryAfterSeconds = (roomInMs ?? 0) / 1000;
      throw new Problem(code, `${waiting} writes wait to be stored`, { retryAfterSeconds });
    }
    case 'score_out_of_range':
      throw new Problem(code, 'The new score would lie outside what this game or the platform can keep');
    case 'idempotency_mismatch':
      throw new Problem(code, 'The first request with this key was another one');
    case 'rules_changed':
      throw new RulesChanged(`the shard has ${text}`);
    case 'not_ranked':
      throw new Problem(code, 'There is no such entry');
    default:
      throw new RedisOutcomeUnknown(`write-scores: ${code} ${text}`);
  }
}
