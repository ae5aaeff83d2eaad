import { defaultRules } from '@leaderboard/shared/scoring/rules';
import { fencedText, readLua, scriptNames } from '@leaderboard/shared/scripting/script-text';
import { boardKey, defaultGame, hiddenBoardKey, shardKey, userKey } from '@leaderboard/shared/topology/keys';
import type { RedisConnections } from '@leaderboard/shared/topology/redis-connections';
import type { Shard, ShardMap } from '@leaderboard/shared/topology/shards';
import type { Population } from '../population/users.js';

const restoreEntries = readLua('restore-entries');
const epoch = 1;
const chunkUsers = 500;
const chunksInFlight = 8;

/**
 * Puts all users on the default board by the script that recoveries use, and opens the shards. Without Postgres: ten
 * million rows would first have to get there.
 */
export async function fillRedis(
  redis: RedisConnections,
  shards: ShardMap,
  population: Population,
  onProgress: (users: number) => void,
): Promise<void> {
  for (const shard of shards.shards)
    await redis.of(shard).send(['HSET', shardKey(shard), 'recovering', String(epoch)]);

  const firstVersion = (Date.now() - 3_600_000) * 1000;
  const chunks = new Map<Shard, string[]>();
  const inFlight = new Set<Promise<void>>();
  const send = async (shard: Shard) => {
    const rows = chunks.get(shard) ?? [];
    chunks.delete(shard);
    const sent = restore(redis, shard, rows).finally(() => inFlight.delete(sent));
    inFlight.add(sent);
    if (inFlight.size >= chunksInFlight) await Promise.race(inFlight);
  };
  for (let number = 0; number < population.count; number += 1) {
    const { userId, name, region, firstScore } = population.user(number);
    const shard = shards.home(region, userId);
    const version = String(firstVersion + number);
    let rows = chunks.get(shard);
    if (!rows) {
      rows = [];
      chunks.set(shard, rows);
    }
    rows.push(defaultGame, defaultRules, userId, name, String(firstScore), version, version);
    if (rows.length === 7 * chunkUsers) await send(shard);
    if (number % 10_000 === 0) onProgress(number);
  }
  for (const shard of [...chunks.keys()]) await send(shard);
  await Promise.all(inFlight);
  for (const shard of shards.shards) await open(redis, shard, firstVersion + population.count);
}

/** Seven values for each user, as restore-entries.lua takes them. */
async function restore(redis: RedisConnections, shard: Shard, rows: readonly string[]): Promise<void> {
  const keys = [shardKey(shard), userKey(shard, ''), boardKey(shard), hiddenBoardKey(shard)];
  const args = [String(epoch), shard.region, '', ...rows];
  const script = ['EVAL', restoreEntries, String(keys.length)];
  const written = await redis.of(shard).send([...script, ...keys, ...args]);
  if (written !== rows.length / 7) throw new Error(`${written} of ${rows.length / 7} users were written`);
}

async function open(redis: RedisConnections, shard: Shard, version: number): Promise<void> {
  const connection = redis.of(shard);
  for (const name of scriptNames) await connection.send(['SCRIPT', 'LOAD', fencedText(name, shard, epoch)]);
  await connection.send(['HDEL', shardKey(shard), 'recovering']);
  await connection.send(['HSET', shardKey(shard), 'version', String(version), 'epoch', String(epoch)]);
}
