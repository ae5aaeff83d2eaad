import type { Logger } from '@leaderboard/shared/logger';
import { connectionTo, type RegionPostgres } from '@leaderboard/shared/topology/postgres';
import type { Shard } from '@leaderboard/shared/topology/shards';
import pg from 'pg';

/** How long anything may take. */
export interface PostgresLimits {
  readonly connectTimeoutMs: number;
  /** When Postgres does not even answer that it gave up: the connection is half-open. */
  readonly silenceTimeoutMs: number;
  readonly session: {
    readonly statement_timeout: number;
    readonly lock_timeout: number;
    readonly idle_in_transaction_session_timeout: number;
  };
}

export const drainLimits: PostgresLimits = {
  connectTimeoutMs: 5_000,
  silenceTimeoutMs: 45_000,
  session: {
    // What one batch may take; a larger table or a slow trigger is met by smaller batches.
    statement_timeout: 30_000,
    // Longer than any batch holds its rows, so that only somebody's LOCK TABLE runs into it.
    lock_timeout: 10_000,
    // A worker that freezes inside its transaction lets go of its locks.
    idle_in_transaction_session_timeout: 10_000,
  },
};

/** Of what clients wait for: an answer before a gateway's deadline. */
export const requestLimits: PostgresLimits = {
  connectTimeoutMs: 1_000,
  silenceTimeoutMs: 3_500,
  session: { statement_timeout: 3_000, lock_timeout: 2_000, idle_in_transaction_session_timeout: 10_000 },
};

/** The same for one transaction, where there is no session to set them for. */
export const transactionLimits = ({ session }: PostgresLimits = drainLimits) =>
  Object.entries(session)
    .map(([name, ms]) => `SET LOCAL ${name} = ${ms}`)
    .join(';');

export interface DatabasesOptions {
  readonly addresses: ReadonlyMap<string, RegionPostgres>;
  readonly partitions: number;
  /** Connections of one pool at most. */
  readonly poolMax: number;
  readonly limits?: PostgresLimits;
}

/**
 * Connections to one region's database. Behind a pooler in transaction mode two transactions are two sessions: then
 * nothing may be set, locked or prepared for longer than one.
 */
export class DatabasePool extends pg.Pool {
  readonly #isPooled: boolean;
  readonly #limits: PostgresLimits;

  constructor({ direct, pooler }: RegionPostgres, max: number, limits: PostgresLimits) {
    super({
      ...connectionTo(pooler ?? direct),
      ...(pooler === undefined && limits.session),
      application_name: 'leaderboard-worker',
      max,
      connectionTimeoutMillis: limits.connectTimeoutMs,
      query_timeout: limits.silenceTimeoutMs,
      keepAlive: true,
    });
    this.#isPooled = pooler !== undefined;
    this.#limits = limits;
  }

  /** What a transaction begins with, so that nothing in it can hang for ever. */
  get begin(): string {
    return this.#isPooled ? `BEGIN;${transactionLimits(this.#limits)}` : 'BEGIN';
  }

  /** A statement to be parsed once for each session, where sessions last. */
  prepared<Statement extends { name: string; text: string }>(statement: Statement): { text: string } {
    return this.#isPooled ? { text: statement.text } : statement;
  }
}

/** A pool for each region's database; nothing that runs on one can hang for ever. */
export class Databases {
  readonly #pools: ReadonlyMap<string, DatabasePool>;

  constructor(
    private readonly options: DatabasesOptions,
    logger: Logger,
  ) {
    const { addresses, partitions, poolMax, limits = drainLimits } = options;
    // More transactions of a partition at once would not be faster.
    const max = Math.min(2 * partitions + 2, poolMax);
    this.#pools = new Map(
      [...addresses].map(([region, address]) => {
        const pool = new DatabasePool(address, max, limits);
        // Without a listener the death of an idle connection would end the process.
        pool.on('error', (err) => logger.warn({ err: err.message, region }, 'idle Postgres connection lost'));
        return [region, pool];
      }),
    );
  }

  of(shard: Shard): DatabasePool {
    return this.ofRegion(shard.region);
  }

  ofRegion(region: string): DatabasePool {
    const pool = this.#pools.get(region);
    if (!pool) throw new Error(`no database for region ${region}`);
    return pool;
  }

  /** A connection to the server itself, outside the pool, for what holds a session's lock; the caller ends it. */
  async connect(region: string, settings: pg.ClientConfig): Promise<pg.Client> {
    const address = this.options.addresses.get(region);
    if (!address) throw new Error(`no database for region ${region}`);
    const client = new pg.Client({
      ...connectionTo(address.direct),
      application_name: 'leaderboard-worker',
      connectionTimeoutMillis: drainLimits.connectTimeoutMs,
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
