import { randomUUID } from 'node:crypto';
import { maxScore } from '@leaderboard/shared/scoring/place';
import { defaultRules } from '@leaderboard/shared/scoring/rules';
import {
  boardKey,
  defaultGame,
  idempotencyKey,
  queueKey,
  rulesKey,
  shardKey,
  userKey,
} from '@leaderboard/shared/topology/keys';
import type { Shard } from '@leaderboard/shared/topology/shards';
import type { Platform } from '../platform/platform.js';
import type { User } from '../population/users.js';

export interface DirectWrite {
  readonly user: User;
  readonly score: number;
}

export interface DirectOptions {
  /** Whether it counts against the user's own limit, as a player's write does and a game server's does not. */
  readonly limited: boolean;
  readonly signal: AbortSignal;
  readonly onProgress?: (applied: number) => void;
}

const batchSize = 100;
const batchesInFlight = 4;
const answerKeptMs = 24 * 3600 * 1000;

/**
 * Calls the platform's write script as a leaderboard-service does, batches of 100 pipelined, without HTTP before it: the
 * way to a long queue, and the most that any path to this script can reach. The arguments are those of
 * shared/lua/write-scores.lua. @throws when a write is not applied.
 */
export async function writeDirectly(
  platform: Platform,
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
        await writeBatch(platform, shard, batch, options.limited);
        applied += batch.length;
        options.onProgress?.(applied);
      }
    });
  });
  await Promise.all(lanes);
}

async function writeBatch(
  { scripts }: Platform,
  shard: Shard,
  batch: readonly DirectWrite[],
  limited: boolean,
): Promise<void> {
  const keys = [
    shardKey(shard),
    queueKey(shard),
    userKey(shard, ''),
    idempotencyKey(shard, '', '').slice(0, -1),
    boardKey(shard),
    rulesKey(shard),
  ];
  // No bound on the queue and on the region; the user's bucket is the default one.
  const forAll = [shard.region, '0', '100000', '20', '0', '1', String(answerKeptMs)];
  const args = batch.flatMap(({ user, score }) => [
    randomUUID(),
    user.userId,
    user.name,
    defaultGame,
    defaultRules,
    'best',
    String(score),
    String(-maxScore),
    String(maxScore),
    limited ? '1' : '0',
    '',
    '',
    randomUUID(),
    user.userId,
    String(maxScore),
  ]);
  const reply = (await scripts.run('write-scores', shard, keys, [...forAll, ...args])) as string[];
  for (let write = 0; write < batch.length; write++) {
    const code = reply[1 + 2 * write];
    if (code !== 'applied') throw new Error(`the write script answered ${code} ${reply[2 + 2 * write]}`);
  }
}
