import { type ProcessRole, type Stack, startStack } from '@leaderboard/local/stack';
import { createLogger } from '@leaderboard/shared/logger';
import { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import { connectTopology, type RedisConnections } from '@leaderboard/shared/topology/redis-connections';
import { readTopology } from '@leaderboard/shared/topology/settings';
import type { ShardMap } from '@leaderboard/shared/topology/shards';
import { Closers } from '../closers.js';
import type { ProcessRoots } from '../measure/cpu.js';
import type { Progress } from '../progress.js';
import { Databases } from './databases.js';
import { Queues } from './queues.js';

const roles: readonly ProcessRole[] = ['nginx', 'gateway', 'service', 'redis', 'worker', 'postgres'];

/** The system under test, and what a measurement needs to look into it. */
export interface Platform {
  readonly stack: Stack;
  readonly shards: ShardMap;
  readonly redis: RedisConnections;
  readonly scripts: FencedScripts;
  readonly queues: Queues;
  readonly databases: Databases;
  readonly jwtSecret: string;
  /** The processes by role; pids change when one is started again. */
  roots(): ProcessRoots;
  close(): Promise<void>;
}

/** Starts the system as `npm start` does: whatever is not the default would not be a measurement of it. */
export async function startPlatform(progress: Progress): Promise<Platform> {
  const closers = new Closers();
  try {
    const stack = await startStack({ progress: (line) => progress.line(line) });
    closers.add(() => stack.stop());

    const { REGIONS = '', PARTITIONS = '', REDIS_URL = '', JWT_SECRET = '' } = stack.environment;
    const topology = readTopology(
      { REGIONS, PARTITIONS: Number(PARTITIONS), REDIS_URL, REDIS_CLUSTER: false },
      {},
    );
    const logger = createLogger({ service: 'bench', instance: 'bench', level: 'fatal' });
    const redis = await connectTopology(topology, 'bench', logger);
    closers.add(() => redis.close());

    const { shards } = topology;
    const databases = await Databases.connect(shards.regions, (region) => stack.postgresUrl(region));
    closers.add(() => databases.close());

    const byRole = (role: ProcessRole) => stack.byRole(role).map(({ pid }) => pid);
    return {
      stack,
      shards,
      redis,
      scripts: new FencedScripts(redis),
      queues: new Queues(shards.shards, redis),
      databases,
      jwtSecret: JWT_SECRET,
      roots: () => new Map(roles.map((role) => [role, byRole(role)])),
      close: () => closers.close(),
    };
  } catch (error) {
    await closers.close();
    throw error;
  }
}
