import { startDisposableRedis } from '@leaderboard/local/disposable-redis';
import { createLogger } from '@leaderboard/shared/logger';
import { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import { fencedText, scriptNames } from '@leaderboard/shared/scripting/script-text';
import { queueKey, shardKey } from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import { connectTopology } from '@leaderboard/shared/topology/redis-connections';
import { readTopology } from '@leaderboard/shared/topology/settings';
import type { ShardMap } from '@leaderboard/shared/topology/shards';
import type { Bench } from '../bench.js';
import { Closers } from '../closers.js';

const epoch = 1;

/** Another Redis with the platform's settings and scripts, but nobody around it: what a script costs is not mixed with anything. */
export interface LoneRedis {
  readonly shards: ShardMap;
  readonly scripts: FencedScripts;
  readonly connection: RedisConnection;
  /** Empties it and opens all shards. */
  reset(): Promise<void>;
  emptyQueues(): Promise<void>;
  close(): Promise<void>;
}

export async function startLoneRedis({ population, searchPath, emergencyStops }: Bench): Promise<LoneRedis> {
  const closers = new Closers();
  const server = await startDisposableRedis(searchPath);
  const stopNow = () => server.process.stopNow();
  emergencyStops.add(stopNow);
  closers.add(() => emergencyStops.delete(stopNow));
  closers.add(() => server.remove());
  try {
    const settings = {
      REGIONS: population.regions.join(','),
      PARTITIONS: 1,
      REDIS_URL: server.url,
      REDIS_CLUSTER: false,
    };
    const topology = readTopology(settings, {});
    const logger = createLogger({ service: 'bench', instance: 'bench', level: 'fatal' });
    const redis = await connectTopology(topology, 'bench', logger);
    closers.add(() => redis.close());
    const { shards } = topology;
    const [first] = shards.shards;
    if (!first) throw new Error('no regions');
    const connection = redis.of(first);
    return {
      shards,
      connection,
      scripts: new FencedScripts(redis),
      async reset() {
        await connection.send(['FLUSHALL', 'SYNC']);
        for (const shard of shards.shards) {
          for (const name of scriptNames)
            await connection.send(['SCRIPT', 'LOAD', fencedText(name, shard, epoch)]);
          await connection.send(['HSET', shardKey(shard), 'epoch', String(epoch)]);
        }
      },
      async emptyQueues() {
        await connection.send(['UNLINK', ...shards.shards.map(queueKey)]);
      },
      close: () => closers.close(),
    };
  } catch (error) {
    await closers.close();
    throw error;
  }
}
