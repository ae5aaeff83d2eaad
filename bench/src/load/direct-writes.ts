import { randomUUID } from 'node:crypto';
import { maxScore } from '@leaderboard/shared/scoring/place';
import { defaultRules } from '@leaderboard/shared/scoring/rules';
import {
  idempotencyTtlMs,
  parseWriteScoresReply,
  type ScoreWrite,
  type WriteSettings,
  type WrittenGame,
  writeScoresArguments,
  writeScoresKeys,
} from '@leaderboard/shared/scripting/write-scores';
import { defaultGame } from '@leaderboard/shared/topology/keys';
import type { Shard } from '@leaderboard/shared/topology/shards';
import type { Platform } from '../platform/platform.js';
import type { User } from '../population/users.js';

/** Any Redis with open shards. */
export type ScriptTarget = Pick<Platform, 'shards' | 'scripts'>;

export interface DirectWrite {
  readonly user: User;
  readonly score: number;
}

export interface DirectOptions {
  /** Whether it counts against the user's own limit, as a player's write does and a game server's does not. */
  readonly limited: boolean;
  readonly signal: AbortSignal;
  /** The default one, unless another is given. */
  readonly game?: WrittenGame;
  readonly onProgress?: (applied: number) => void;
}

const batchSize = 100;
const batchesInFlight = 4;

const defaultWritten: WrittenGame = {
  game: defaultGame,
  rules: defaultRules,
  leastScore: -maxScore,
  greatestScore: maxScore,
  greatestDelta: maxScore,
  windows: '',
};

/** No bound on the queue and on the region; the user's bucket is the default one. */
const settings: WriteSettings = {
  queueMax: 0,
  userWritesPerSecond: 10,
  userWritesBurst: 20,
  shardWritesPerSecond: 0,
  idempotencyTtlMs,
  bucketSeconds: 3_600,
  maxLatenessMs: 86_400_000,
};

/**
 * Calls the platform's write script as a leaderboard-service does, batches of 100 pipelined, without HTTP before it: the
 * way to a long queue, and the most that any path to this script can reach. @throws when a write is not applied.
 */
export async function writeDirectly(
  platform: ScriptTarget,
  writes: readonly DirectWrite[],
  options: DirectOptions,
): Promise<void> {
  const { shards } = platform;
  const byShard = new Map<Shard, DirectWrite[]>();
  for (const write of writes) {
    const shard = shards.home(write.user.region, write.user.userId);
    const list = byShard.get(shard);
    if (list) list.push(write);
    else byShard.set(shard, [write]);
  }
  let applied = 0;
  const lanes = [...byShard].flatMap(([shard, list]) => {
    let next = 0;
    return Array.from({ length: batchesInFlight }, async () => {
      while (next < list.length) {
        options.signal.throwIfAborted();
        const batch = list.slice(next, next + batchSize);
        next += batchSize;
        await writeBatch(platform, shard, batch, options);
        applied += batch.length;
        options.onProgress?.(applied);
      }
    });
  });
  await Promise.all(lanes);
}

async function writeBatch(
  { scripts }: ScriptTarget,
  shard: Shard,
  batch: readonly DirectWrite[],
  { limited, game = defaultWritten }: DirectOptions,
): Promise<void> {
  const made = batch.map(
    ({ user, score }): ScoreWrite => ({
      eventId: randomUUID(),
      userId: user.userId,
      name: user.name,
      newName: user.userId,
      game,
      operation: 'best',
      value: score,
      limited,
      idempotency: undefined,
      requestId: randomUUID(),
    }),
  );
  const args = writeScoresArguments(shard, settings, made);
  const reply = await scripts.run('write-scores', shard, writeScoresKeys(shard), args);
  for (const { code, told } of parseWriteScoresReply(reply).replies) {
    if (code !== 'applied') throw new Error(`the write script answered ${code} ${told}`);
  }
}
