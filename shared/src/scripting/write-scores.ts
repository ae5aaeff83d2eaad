import {
  boardKey,
  dueKey,
  hiddenBoardKey,
  idempotencyKey,
  queueKey,
  rulesKey,
  shardKey,
  userKey,
} from '../topology/keys.js';
import type { RedisReply } from '../topology/redis.js';
import type { Shard } from '../topology/shards.js';

/** The one place that knows the argument layout of shared/lua/write-scores.lua. */

export type Operation = 'best' | 'set' | 'incr' | 'create' | 'remove';

/** A game as the script needs it; writes that share one object share its arguments. */
export interface WrittenGame {
  readonly game: string;
  /** Operator and order of the game; the shard refuses a write under others than its own. */
  readonly rules: string;
  readonly leastScore: number;
  readonly greatestScore: number;
  /** What `incr` may add or take away. */
  readonly greatestDelta: number;
  /** As scoring/windows.ts writes them. */
  readonly windows: string;
}

/** One change of one user's entry. */
export interface ScoreWrite {
  readonly eventId: string;
  readonly userId: string;
  /** Undefined: as it is. */
  readonly name: string | undefined;
  /** For a user without an entry, when no name is given. */
  readonly newName: string;
  readonly game: WrittenGame;
  readonly operation: Operation;
  /** The new score, the delta of `incr`; undefined for `remove`. */
  readonly value: number | undefined;
  /** Whether the user's own token bucket applies. */
  readonly limited: boolean;
  readonly idempotency: { readonly key: string; readonly requestHash: string } | undefined;
  readonly requestId: string;
  readonly traceparent?: string | undefined;
  /** Undefined: now. */
  readonly happenedAtMs?: number | undefined;
  /** Of the account on whose behalf this is written; an erased one is refused. */
  readonly accountVersion?: number | undefined;
  /** The admin who asks for a removal. */
  readonly actor?: string | undefined;
}

export interface WriteSettings {
  readonly queueMax: number;
  readonly userWritesPerSecond: number;
  readonly userWritesBurst: number;
  /** Of one shard. */
  readonly shardWritesPerSecond: number;
  readonly idempotencyTtlMs: number;
  readonly bucketSeconds: number;
  readonly maxLatenessMs: number;
}

/** What the platform keeps an answer to a keyed write for. */
export const idempotencyTtlMs = 24 * 60 * 60 * 1000;

export function writeScoresKeys(shard: Shard): string[] {
  return [
    shardKey(shard),
    queueKey(shard),
    userKey(shard, ''),
    idempotencyKey(shard, '', '').slice(0, -1),
    boardKey(shard),
    rulesKey(shard),
    hiddenBoardKey(shard),
    dueKey(shard),
  ];
}

export function writeScoresArguments(
  shard: Shard,
  settings: WriteSettings,
  writes: readonly ScoreWrite[],
): string[] {
  const { userWritesPerSecond, userWritesBurst, shardWritesPerSecond } = settings;
  const positions = new Map<WrittenGame, string>();
  for (const { game } of writes) {
    if (!positions.has(game)) positions.set(game, String(positions.size + 1));
  }
  const args = [
    shard.region,
    String(settings.queueMax),
    String(userWritesBurst === 0 ? 0 : intervalUs(userWritesPerSecond)),
    String(userWritesBurst),
    String(intervalUs(shardWritesPerSecond)),
    String(Math.max(1, Math.ceil(shardWritesPerSecond))),
    String(settings.idempotencyTtlMs),
    String(settings.bucketSeconds),
    String(settings.maxLatenessMs),
    String(positions.size),
  ];
  for (const game of positions.keys()) {
    const { leastScore, greatestScore, greatestDelta } = game;
    args.push(
      game.game,
      game.rules,
      String(leastScore),
      String(greatestScore),
      String(greatestDelta),
      game.windows,
    );
  }
  for (const write of writes) {
    args.push(
      positions.get(write.game) as string,
      write.userId,
      write.name ?? '',
      write.operation,
      write.value === undefined ? '' : String(write.value),
      write.limited ? '1' : '0',
      write.idempotency?.key ?? '',
      write.idempotency?.requestHash ?? '',
      write.newName,
      write.happenedAtMs === undefined ? '' : String(write.happenedAtMs),
      write.accountVersion === undefined ? '' : String(write.accountVersion),
      messageHead(shard, write),
    );
  }
  return args;
}

/** What is known of the queue message before the script has run, as JSON without the last brace. */
function messageHead(shard: Shard, write: ScoreWrite): string {
  const { eventId, game, userId, operation, value = null, requestId, traceparent, actor } = write;
  // Half the time of JSON.stringify for the whole, and this is done for every write.
  const head = `{"event_id":${JSON.stringify(eventId)},"game":"${game.game}","user_id":${JSON.stringify(userId)}`;
  const what = `"region":"${shard.region}","op":"${operation}","value":${value}`;
  const who = `"request_id":${JSON.stringify(requestId)}`;
  const trace = traceparent === undefined ? '' : `,"traceparent":${JSON.stringify(traceparent)}`;
  return `${head},${what},${who}${trace}${actor === undefined ? '' : `,"actor":${JSON.stringify(actor)}`}`;
}

/** What the script answers to one write: a code and its text. */
export interface WriteReply {
  readonly code: string;
  readonly text: string;
}

/** The last version that the script gave out, and a reply for each write in order. */
export function parseWriteScoresReply(reply: RedisReply): { lastVersion: number; replies: WriteReply[] } {
  const [version, ...flat] = reply as string[];
  const replies = Array.from({ length: flat.length / 2 }, (_, at) => ({
    code: flat[at * 2] ?? '',
    text: flat[at * 2 + 1] ?? '',
  }));
  return { lastVersion: Number(version), replies };
}

/** 0 = no limit, as in the script. */
function intervalUs(perSecond: number): number {
  return perSecond === 0 ? 0 : 1_000_000 / perSecond;
}
