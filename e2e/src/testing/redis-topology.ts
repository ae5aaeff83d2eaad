import { type DisposableCluster, startDisposableCluster } from '@leaderboard/local/disposable-cluster';
import { type DisposableRedis, startDisposableRedis } from '@leaderboard/local/disposable-redis';

/** How the Redis of a stack under test is laid out: `TEST_TOPOLOGY`. */
export const topologyNames = ['one', 'regions', 'cluster'] as const;
export type TopologyName = (typeof topologyNames)[number];

export interface RedisTopology {
  /** What the platform is told of it. */
  readonly environment: Readonly<Record<string, string>>;
  /** By region, where each has its own. */
  readonly regions: ReadonlyMap<string, DisposableRedis>;
  readonly cluster: DisposableCluster | undefined;
  remove(): Promise<void>;
}

const regions = ['GLOBAL', 'ASIA', 'EU', 'NA'];

/**
 * `one`: a Redis for everything, which the stack starts itself. `regions`: one for each region, and two partitions.
 * `cluster`: a Redis Cluster, and two partitions.
 */
export async function startRedisTopology(
  name: TopologyName,
  path: string | undefined,
): Promise<RedisTopology> {
  if (name === 'one') {
    return { environment: {}, regions: new Map(), cluster: undefined, remove: async () => {} };
  }
  if (name === 'cluster') {
    const cluster = await startDisposableCluster(path);
    const environment = { REDIS_CLUSTER: 'true', REDIS_URL: cluster.urls.join(','), PARTITIONS: '2' };
    return { environment, regions: new Map(), cluster, remove: () => cluster.remove() };
  }
  const servers = new Map<string, DisposableRedis>();
  const environment: Record<string, string> = { PARTITIONS: '2' };
  for (const region of regions) {
    const server = await startDisposableRedis(path);
    servers.set(region, server);
    environment[region === 'GLOBAL' ? 'REDIS_URL' : `REDIS_URL_${region}`] = server.url;
  }
  const remove = async () => {
    await Promise.all([...servers.values()].map((server) => server.remove()));
  };
  return { environment, regions: servers, cluster: undefined, remove };
}

/** @throws {Error} for a name that is none. */
export function topologyName(value: string | undefined): TopologyName {
  const name = topologyNames.find((one) => one === (value || 'one'));
  if (!name) throw new Error(`TEST_TOPOLOGY must be one of ${topologyNames.join(', ')}`);
  return name;
}
