import { type DisposableCluster, startDisposableCluster } from '@leaderboard/local/disposable-cluster';
import { type DisposablePostgres, startDisposablePostgres } from '@leaderboard/local/disposable-postgres';
import { type DisposableRedis, startDisposableRedis } from '@leaderboard/local/disposable-redis';
import { type Stack, startStack } from '@leaderboard/local/stack';
import { mintToken } from '@leaderboard/shared/http/auth';
import { TcpProxy } from './tcp-proxy.js';

const jwtSecret = 'fault-test-secret-0123456789abcdefghijkl';

/** What a round needs of whatever it is run on. */
export interface System {
  readonly stack: Stack;
  /** Posts for anybody. */
  readonly serverToken: string;
}

/** The whole system, with a proxy that can misbehave before each store: 2 gateways, 3 services, 2 workers. */
export interface Rig extends System {
  readonly redis: DisposableRedis;
  readonly postgres: DisposablePostgres;
  readonly redisProxy: TcpProxy;
  readonly postgresProxy: TcpProxy;
  /** Where redis-server and nginx are looked for. */
  readonly path: string | undefined;
  close(): Promise<void>;
}

/** Small enough to be filled within seconds, large enough for every fault that must not be noticed. */
export const queueMax = 3_000;

/** @param path where redis-server and nginx are looked for */
export async function startRig(
  path: string | undefined,
  environment: Record<string, string> = {},
): Promise<Rig> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.reverse()) await closer();
  };
  try {
    const redis = await startDisposableRedis(path);
    closers.push(() => redis.remove());
    const postgres = await startDisposablePostgres();
    closers.push(() => postgres.remove());
    const redisProxy = await TcpProxy.start({ host: '127.0.0.1', port: Number(new URL(redis.url).port) });
    closers.push(() => redisProxy.close());
    const postgresProxy = await TcpProxy.start(postgres.address);
    closers.push(() => postgresProxy.close());

    const { user, password } = postgres.address;
    const stack = await startStack({
      environment: {
        JWT_SECRET: jwtSecret,
        GATEWAYS: '2',
        SERVICES: '3',
        WORKERS: '2',
        LEASE_MS: '3000',
        QUEUE_MAX: String(queueMax),
        REDIS_URL: `redis://127.0.0.1:${redisProxy.port}`,
        POSTGRES_URL: `postgres://${user}:${password}@127.0.0.1:${postgresProxy.port}`,
        ...environment,
      },
    });
    closers.push(() => stack.stop());
    return { path, stack, redis, postgres, redisProxy, postgresProxy, serverToken: mintServerToken(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

export interface ClusterRig extends System {
  readonly cluster: DisposableCluster;
  close(): Promise<void>;
}

/** The whole system on a Redis Cluster, a partition of a region on each master at least. */
export async function startClusterRig(path: string | undefined): Promise<ClusterRig> {
  const cluster = await startDisposableCluster(path);
  try {
    const stack = await startStack({
      environment: {
        JWT_SECRET: jwtSecret,
        LEASE_MS: '3000',
        PARTITIONS: '2',
        REDIS_CLUSTER: 'true',
        REDIS_URL: cluster.nodes.map(({ url }) => url).join(','),
      },
    });
    const close = async () => {
      await stack.stop();
      await cluster.remove();
    };
    return { stack, cluster, serverToken: mintServerToken(), close };
  } catch (error) {
    await cluster.remove();
    throw error;
  }
}

function mintServerToken(): string {
  const caller = { user_id: 'fault-tests', name: 'fault-tests', region: 'GLOBAL', role: 'server' } as const;
  return mintToken(caller, jwtSecret, 24 * 3600);
}
