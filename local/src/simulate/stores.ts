import { postgresSettings, processSettings, readConfig, topologySettings } from '@leaderboard/shared/config';
import { createLogger } from '@leaderboard/shared/logger';
import { connectionTo, readPostgres } from '@leaderboard/shared/topology/postgres';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import { connectTopology, type RedisConnections } from '@leaderboard/shared/topology/redis-connections';
import { readTopology } from '@leaderboard/shared/topology/settings';
import type { Shard, ShardMap } from '@leaderboard/shared/topology/shards';
import pg from 'pg';
import { Type } from 'typebox';
import type { LocalConfig } from '../config.js';

/** The stores behind the stack, for the check. */
export class Stores {
  readonly #dedicated: RedisConnection[] = [];

  private constructor(
    readonly redis: RedisConnections,
    readonly shards: ShardMap,
    private readonly environment: LocalConfig['environment'],
  ) {}

  /** Undefined when the environment does not say where they are. @throws {ConfigError} when they cannot be reached */
  static async connect({ environment }: LocalConfig): Promise<Stores | undefined> {
    if (!environment.REDIS_URL?.trim()) return undefined;
    const settings = readConfig(
      Type.Object({ ...topologySettings, LOG_LEVEL: processSettings.LOG_LEVEL }),
      environment,
    );
    const topology = readTopology(settings, environment);
    const logger = createLogger({ service: 'command', instance: '', level: 'silent' });
    return new Stores(await connectTopology(topology, 'simulate', logger), topology.shards, environment);
  }

  /** A connection to one region's database; the caller ends it. */
  async postgres(region: string): Promise<pg.Client> {
    const settings = readConfig(Type.Object({ ...postgresSettings }), this.environment);
    const address = readPostgres(settings, [region], this.environment).get(region);
    if (!address) throw new Error(`no database for region ${region}`);
    const client = new pg.Client({ ...connectionTo(address.direct), application_name: 'simulate' });
    await client.connect();
    return client;
  }

  /** A connection to a shard's Redis that nobody else waits on. */
  async dedicated(shard: Shard): Promise<RedisConnection> {
    const connection = await this.redis.dedicated(shard, 'simulate');
    this.#dedicated.push(connection);
    return connection;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#dedicated, this.redis].map((each) => each.close()));
  }
}
