import {
  answersKey,
  boardKey,
  dueKey,
  hiddenBoardKey,
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
    answersKey(shard),
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
  const positions = new Map<WrittenGame, number>();
  const games: (string | number)[] = [];
  const texts: (string | number)[] = [];
  const keyed: string[] = [];
  let lastOrigin: string | undefined;
  for (const write of writes) {
    const { game, name, value = '', idempotency, happenedAtMs = '', accountVersion = '' } = write;
    let position = positions.get(game);
    if (position === undefined) {
      position = positions.size + 1;
      positions.set(game, position);
      const { leastScore, greatestScore, greatestDelta } = game;
      games.push(game.game, game.rules, leastScore, greatestScore, greatestDelta, game.windows);
    }
    if (idempotency) keyed.push(`${write.userId}:${plain(idempotency.key)}`);
    const eventId = insideQuotes(write.eventId);
    const origin = originMembers(write);
    texts.push(
      position,
      plain(write.userId),
      name === undefined ? '' : plain(name),
      write.operation,
      value,
      write.limited ? '1' : '',
      idempotency ? plain(idempotency.requestHash) : '',
      name === undefined ? plain(write.newName) : '',
      happenedAtMs,
      accountVersion,
      eventId === idempotency?.key ? '' : eventId,
      origin === lastOrigin ? '' : origin,
    );
    lastOrigin = origin;
  }
  const { userWritesPerSecond, userWritesBurst, shardWritesPerSecond } = settings;
  const settled = [
    shard.region,
    settings.queueMax,
    userWritesBurst === 0 ? 0 : intervalUs(userWritesPerSecond),
    userWritesBurst,
    intervalUs(shardWritesPerSecond),
    Math.max(1, Math.ceil(shardWritesPerSecond)),
    settings.idempotencyTtlMs,
    settings.bucketSeconds,
    settings.maxLatenessMs,
    keyed.length,
  ];
  return [settled, games, texts, keyed].map((values) => `${values.join('\0')}\0`);
}

/** Texts travel with a zero byte behind each: one inside would shift what follows. */
function plain(text: string): string {
  if (text.includes('\0')) throw new TypeError('a zero byte in a score write');
  return text;
}

const needsNoEscape = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** A text as it stands in JSON, without its quotes. */
function insideQuotes(text: string): string {
  return needsNoEscape.test(text) ? text : JSON.stringify(text).slice(1, -1);
}

/** What the queue message says of who asked. The writes of one request have it in common. */
function originMembers({ requestId, traceparent, actor }: ScoreWrite): string {
  const who = `,"request_id":"${insideQuotes(requestId)}"`;
  const trace = traceparent === undefined ? '' : `,"traceparent":"${insideQuotes(traceparent)}"`;
  return actor === undefined ? who + trace : `${who}${trace},"actor":"${insideQuotes(actor)}"`;
}

/** What the script answers to one write. */
export interface WriteReply {
  readonly code: string;
  /** What the code tells, see the script's head. */
  readonly told: unknown;
}

/** The last version that the script gave out, and a reply for each write in order. */
export function parseWriteScoresReply(reply: RedisReply): { lastVersion: number; replies: WriteReply[] } {
  const values = JSON.parse(`[${reply as string}]`) as [lastVersion: number, ...unknown[]];
  const replies: WriteReply[] = [];
  for (let at = 1; at < values.length; at += 2)
    replies.push({ code: values[at] as string, told: values[at + 1] });
  return { lastVersion: values[0], replies };
}

/** 0 = no limit, as in the script. */
function intervalUs(perSecond: number): number {
  return perSecond === 0 ? 0 : 1_000_000 / perSecond;
}
