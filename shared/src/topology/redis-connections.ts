import type { Logger } from '../logger.js';
import { withinMs } from '../within-ms.js';
import { RedisCluster } from './cluster.js';
import { connectRedis, openRedis, type RedisConnection } from './redis.js';
import type { RedisAddress, Topology } from './settings.js';
import type { Shard } from './shards.js';

/** How a process reaches the Redis of each shard, be it one server, one for each region, or a cluster. */
export interface RedisConnections {
  /** Shared by all that goes on in this process. */
  of(shard: Shard): RedisConnection;
  /** For commands that wait and for large answers, because both hold up what comes after them. Closed by whoever asked for it. */
  dedicated(shard: Shard, name: string): Promise<RedisConnection>;
  /** Each server once. */
  all(): RedisConnection[];
  close(): Promise<void>;
}

/** Whoever uses it copes with one that is not there yet; but usually it is. */
const dedicatedWithinMs = 1_000;

/**
 * A server that cannot be reached while others can is tried for ever: one region's Redis must not keep the others from being
 * served.
 * @throws {ConfigError} when none can be reached.
 */
export async function connectTopology(
  topology: Topology,
  name: string,
  logger: Logger,
): Promise<RedisConnections> {
  const { cluster, redis } = topology;
  if (cluster) return await RedisCluster.connect(cluster, name, logger);

  const addresses = [...new Map([...redis.values()].map((address) => [address.url, address])).values()];
  const attempts = await Promise.allSettled(addresses.map((address) => connectRedis(address, name, logger)));
  const [first] = attempts;
  if (first?.status === 'rejected' && attempts.every(({ status }) => status === 'rejected'))
    throw first.reason;
  const connections = attempts.map((attempt, at) => {
    if (attempt.status === 'fulfilled') return attempt.value;
    logger.error(
      { err: (attempt.reason as Error).message },
      'this Redis is away: its regions are not served',
    );
    return openRedis((addresses[at] as RedisAddress).url, name, logger).connection;
  });
  const byUrl = new Map(addresses.map(({ url }, at) => [url, connections[at] as RedisConnection]));
  const addressOf = (shard: Shard): RedisAddress => {
    const address = redis.get(shard.region);
    if (!address) throw new Error(`no Redis for region ${shard.region}`);
    return address;
  };
  return {
    of: (shard) => byUrl.get(addressOf(shard).url) as RedisConnection,
    async dedicated(shard, dedicatedName) {
      const { connection, connected } = openRedis(addressOf(shard).url, dedicatedName, logger);
      await withinMs(dedicatedWithinMs, connected).catch(() => {});
      return connection;
    },
    all: () => connections,
    async close() {
      await Promise.allSettled(connections.map((connection) => connection.close()));
    },
  };
}
