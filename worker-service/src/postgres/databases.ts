import type { Logger } from '@leaderboard/shared/logger';
import type { Shard } from '@leaderboard/shared/topology/shards';
import pg from 'pg';
import { connectionTo, type PostgresAddress } from './address.js';

const connectTimeoutMs = 5_000;
/** What one batch may take; a larger table or a slow trigger is met by smaller batches. */
const statementTimeoutMs = 30_000;
/** Longer than any batch holds its rows, so that only somebody's LOCK TABLE runs into it. */
const lockTimeoutMs = 10_000;
/** A worker that freezes inside its transaction lets go of its locks. */
const idleTransactionTimeoutMs = 10_000;
/** For each region: more transactions at once would not be faster. */
const mostConnections = 16;
/** When Postgres does not even answer that it gave up: the connection is half-open. */
const silenceTimeoutMs = 45_000;

/** A pool for each region's database; nothing that runs on one can hang for ever. */
export class Databases {
  readonly #pools: ReadonlyMap<string, pg.Pool>;

  constructor(
    private readonly address: PostgresAddress,
    partitions: number,
    logger: Logger,
  ) {
    this.#pools = new Map(
      [...address.databases].map(([region, database]) => {
        const pool = new pg.Pool({
          ...connectionTo(address, database),
          application_name: 'leaderboard-worker',
          max: Math.min(2 * partitions + 2, mostConnections),
          connectionTimeoutMillis: connectTimeoutMs,
          statement_timeout: statementTimeoutMs,
          lock_timeout: lockTimeoutMs,
          idle_in_transaction_session_timeout: idleTransactionTimeoutMs,
          query_timeout: silenceTimeoutMs,
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
      connectionTimeoutMillis: connectTimeoutMs,
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
