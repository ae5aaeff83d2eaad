import { deadKey, eventsKey, shardKey } from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { RedisConnections } from '@leaderboard/shared/topology/redis-connections';
import { type Shard, ShardMap } from '@leaderboard/shared/topology/shards';
import { pause } from '../backoff.js';
import type { Failpoint } from '../failpoints.js';
import type { Databases } from '../postgres/databases.js';
import { readQueueFigures } from '../redis/queue-figures.js';
import { type Fence, raiseEpoch } from '../sql/fence.js';
import { claimLayout, finishMove, type Layout, readLayout, startMove } from '../sql/layout.js';
import { recoveryLockOf, withRecoveryLock } from './recovery-lock.js';
import { ShardDoor } from './shard-door.js';

/**
 * Moves the users of all regions from n to N partitions. Postgres is what they are moved by: everything that waits is stored
 * first, then the shards are emptied and restored under the new layout.
 *
 *   mark     `layout.moving_to` = N: no worker recovers a shard any more
 *   refuse   a new epoch without scripts: services are answered NOSCRIPT, workers go on draining
 *   drain    until nothing waits
 *   empty    each shard under its lock, its version included: whoever recovers it restores all
 *   restore  each new shard, as a recovery does
 *   finish   `layout.partitions` = N
 *
 * Killed at any step, it goes on when it is run again. Scripts carry the number of partitions, so that a service of the old
 * layout never meets a shard of the new one, even where both bear the same name.
 */

export interface MoveContext {
  readonly regions: readonly string[];
  /** What counts when Postgres knows of no number yet. */
  readonly configured: number;
  readonly redis: RedisConnections;
  readonly databases: Databases;
  readonly failpoint: Failpoint;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Restores a shard of the new layout and opens it. */
  readonly restore: (shard: Shard, shards: ShardMap) => Promise<void>;
}

const lookEveryMs = 200;
const scanCount = '1000';

export class MoveRefused extends Error {
  override name = 'MoveRefused';
}

/** @throws {MoveRefused} when another move has begun and is not finished. */
export async function movePartitions(context: MoveContext, to: number): Promise<void> {
  const { regions, databases, failpoint, say, signal } = context;
  const from = await currentPartitions(context, to);
  if (from === to) {
    say(`All regions have ${to} partitions already.`);
    return;
  }
  const before = new ShardMap(regions, from);
  const after = new ShardMap(regions, to);
  const names = new Set(before.shards.map(({ tag }) => tag));
  // What a move that was taken back has left of the new ones goes as well.
  const all = [...before.shards, ...after.shards.filter(({ tag }) => !names.has(tag))];
  for (const region of regions) {
    await databases.ofRegion(region).query(startMove, [to]);
    failpoint('move-half-marked');
  }
  try {
    for (const shard of all) {
      await refuseWrites(shard, context);
      failpoint('move-half-refused');
    }
    say('Writes and reads are refused from now on.');
    for (const shard of all) await untilDrained(shard, context);
  } catch (error) {
    // What is emptied is restored by workers, as everything is in Postgres.
    for (const region of regions) await databases.ofRegion(region).query(startMove, [null]);
    say('Taken back: workers open the shards again.');
    throw error;
  }
  say('Everything is stored; shards are emptied and restored. Whatever stops this now: run it again.');
  for (const shard of all) {
    await empty(shard, context);
    failpoint('move-half-emptied');
  }
  for (const shard of after.shards) {
    signal.throwIfAborted();
    await context.restore(shard, after);
    failpoint('move-half-restored');
  }
  for (const region of regions) {
    await databases.ofRegion(region).query(finishMove);
    failpoint('move-half-finished');
  }
}

async function currentPartitions(context: MoveContext, to: number): Promise<number> {
  const { regions, databases, configured } = context;
  let from = to;
  for (const region of regions) {
    const pool = databases.ofRegion(region);
    await pool.query(claimLayout, [configured]);
    const { rows } = await pool.query<Layout>(readLayout);
    const { partitions = configured, moving_to: movingTo = null } = rows[0] ?? {};
    if (movingTo !== null && movingTo !== to) {
      throw new MoveRefused(
        `a move to ${movingTo} partitions has begun: finish it with --partitions ${movingTo}`,
      );
    }
    // A region that a killed move has finished already is moved once more with the others.
    if (partitions !== to) from = partitions;
  }
  return from;
}

/** Services find an epoch whose scripts nobody loads; workers claim at any epoch. */
async function refuseWrites(shard: Shard, { redis, databases }: MoveContext): Promise<void> {
  const door = new ShardDoor(shard, redis.of(shard));
  const seen = await door.greatestEpoch();
  const { rows } = await databases.of(shard).query<Fence>(raiseEpoch, [shard.tag, seen]);
  await redis.of(shard).send(['HSET', shardKey(shard), 'epoch', String(rows[0]?.epoch)]);
}

async function untilDrained(shard: Shard, { redis, signal, say }: MoveContext): Promise<void> {
  let said = 0;
  for (;;) {
    const { waiting, inFlight } = await readQueueFigures(shard, redis.of(shard));
    const left = waiting + inFlight;
    if (left === 0) return;
    if (left !== said) say(`${shard.tag}: ${left} events wait for a worker to store them`);
    said = left;
    await pause(lookEveryMs, signal);
    signal.throwIfAborted();
  }
}

/** Removes every key of a shard but those that are no copy of what Postgres has. */
async function empty(
  shard: Shard,
  { redis: connections, databases, signal, say }: MoveContext,
): Promise<void> {
  const redis = connections.of(shard);
  await withRecoveryLock(recoveryLockOf(databases), shard, signal, async (client) => {
    const door = new ShardDoor(shard, redis);
    const { rows } = await client.query<Fence>(raiseEpoch, [shard.tag, await door.greatestEpoch()]);
    await door.close(Number(rows[0]?.epoch));
    await removeKeys(redis, shard, new Set([eventsKey(shard), deadKey(shard)]));
  });
  const dead = Number(await redis.send(['LLEN', deadKey(shard)]));
  if (dead > 0) say(`${shard.tag}: ${dead} dead letters stay in ${deadKey(shard)} and in Postgres`);
}

async function removeKeys(redis: RedisConnection, shard: Shard, kept: ReadonlySet<string>): Promise<void> {
  let cursor = '0';
  do {
    const reply = await redis.send(['SCAN', cursor, 'MATCH', `*{${shard.tag}}*`, 'COUNT', scanCount]);
    const [next, keys] = reply as [string, string[]];
    cursor = next;
    const removed = keys.filter((key) => !kept.has(key));
    if (removed.length > 0) await redis.send(['UNLINK', ...removed]);
  } while (cursor !== '0');
}
