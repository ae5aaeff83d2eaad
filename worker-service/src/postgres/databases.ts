import type { Logger } from '@leaderboard/shared/logger';
import type { Shard } from '@leaderboard/shared/topology/shards';
import pg from 'pg';
import { connectionTo, type PostgresAddress } from './address.js';

/** Of each region's pool. */
export interface PoolLimits {
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  /** When Postgres does not even answer that it gave up: the connection is half-open. */
  readonly silenceTimeoutMs: number;
}

/** For each region: more transactions at once would not be faster. */
const mostConnections = 16;

/** What one batch may take; a larger table or a slow trigger is met by smaller batches. */
export const drainLimits = (partitions: number): PoolLimits => ({
  connections: Math.min(2 * partitions + 2, mostConnections),
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 30_000,
  // Longer than any batch holds its rows, so that only somebody's LOCK TABLE runs into it.
  lockTimeoutMs: 10_000,
  silenceTimeoutMs: 45_000,
});

/** What requests may use beside the drain: little, and an answer before a gateway's deadline. */
export const requestLimits: PoolLimits = {
  connections: 4,
  connectTimeoutMs: 1_000,
  statementTimeoutMs: 3_000,
  lockTimeoutMs: 2_000,
  silenceTimeoutMs: 3_500,
};

const commandConnectTimeoutMs = 5_000;
/** A worker that freezes inside its transaction lets go of its locks. */
const idleTransactionTimeoutMs = 10_000;

/** A pool for each region's database; nothing that runs on one can hang for ever. */
export class Databases {
  readonly #pools: ReadonlyMap<string, pg.Pool>;

  constructor(
    private readonly address: PostgresAddress,
    limits: PoolLimits,
    logger: Logger,
  ) {
    this.#pools = new Map(
      [...address.databases].map(([region, database]) => {
        const pool = new pg.Pool({
          ...connectionTo(address, database),
          application_name: 'leaderboard-worker',
          max: limits.connections,
          connectionTimeoutMillis: limits.connectTimeoutMs,
          statement_timeout: limits.statementTimeoutMs,
          lock_timeout: limits.lockTimeoutMs,
          idle_in_transaction_session_timeout: idleTransactionTimeoutMs,
          query_timeout: limits.silenceTimeoutMs,
          keepAlive: true,
        });
        // Without a listener the death of an idle connection would end the process.
        pool.on('error', (err) => logger.warn({ err: err.message, region }, 'idle Postgres connection lost'));
        return [region, pool];
      }),
    );
  }

  of(shard: Shard): pg.Pool {
    return this.ofRegion(shard.region);
  }

  ofRegion(region: string): pg.Pool {
    const pool = this.#pools.get(region);
    if (!pool) throw new Error(`no database for region ${region}`);
    return pool;
  }

  /** A connection outside the pool, for what holds a session's lock; the caller ends it. */
  async connect(region: string, settings: pg.ClientConfig): Promise<pg.Client> {
    const client = new pg.Client({
      ...connectionTo(this.address, this.address.databases.get(region) ?? ''),
      application_name: 'leaderboard-worker',
      connectionTimeoutMillis: commandConnectTimeoutMs,
      keepAlive: true,
      ...settings,
    });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#pools.values()].map((pool) => pool.end()));
  }
}
