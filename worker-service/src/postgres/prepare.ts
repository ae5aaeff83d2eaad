import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '@leaderboard/shared/config';
import type { Logger } from '@leaderboard/shared/logger';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { connectionTo, type PostgresAddress } from './address.js';
import { sqlstateOf } from './sqlstate.js';

/** The files are the containers' too: postgres-init/02-create-tables.sql runs the first one. */
const migrationsDirectory = fileURLToPath(new URL('../../../postgres-init/schema', import.meta.url));
const maintenanceDatabase = 'postgres';
const createLock = 4_829_113;
const migrateLock = 4_829_114;
const connectAttempts = 10;

const missingDatabase = '3D000';
const alreadyThere = ['42P04', '23505'];
const startingUp = '57P03';
const badCredentials = '28';

/**
 * Makes each region's database if it is missing, and its tables. Several workers may do so at once.
 * @throws {ConfigError} when Postgres cannot be used.
 */
export async function prepareDatabases(address: PostgresAddress, logger: Logger): Promise<void> {
  for (const database of new Set(address.databases.values())) {
    const client = await connectOrCreate(address, database, logger);
    try {
      await runner({
        dbClient: client,
        dir: migrationsDirectory,
        direction: 'up',
        migrationsTable: 'migrations',
        singleTransaction: true,
        advisoryLockMode: 'wait',
        lockValue: migrateLock,
        logger: {
          info: (message) => logger.debug({ database }, message),
          warn: (message) => logger.warn({ database }, message),
          error: (message) => logger.error({ database }, message),
        },
      });
    } finally {
      await client.end();
    }
  }
}

async function connectOrCreate(
  address: PostgresAddress,
  database: string,
  logger: Logger,
): Promise<pg.Client> {
  try {
    return await connect(address, database);
  } catch (error) {
    if (sqlstateOf(error) !== missingDatabase) throw unusable(address, database, error);
  }
  try {
    await createDatabase(address, database);
    logger.info({ database }, 'database created');
    return await connect(address, database);
  } catch (error) {
    throw unusable(address, database, error);
  }
}

/** One at a time, because two CREATE DATABASE would fail on their common template. */
async function createDatabase(address: PostgresAddress, database: string): Promise<void> {
  const client = await connect(address, maintenanceDatabase);
  try {
    await client.query('SELECT pg_advisory_lock($1)', [createLock]);
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  } catch (error) {
    if (!alreadyThere.includes(sqlstateOf(error) ?? '')) throw error;
  } finally {
    await client.end();
  }
}

/** A server that is starting gets a few seconds. */
async function connect(address: PostgresAddress, database: string): Promise<pg.Client> {
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client({ ...connectionTo(address, database), connectionTimeoutMillis: 3_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      const state = sqlstateOf(error);
      const mayPass = state === undefined || state === startingUp || state.startsWith('53');
      if (!mayPass || attempt === connectAttempts) throw error;
      await sleep(500);
    }
  }
}

function unusable({ variable, shown }: PostgresAddress, database: string, error: unknown): ConfigError {
  const reason = (error as Error).message || (error as NodeJS.ErrnoException).code;
  const isRefused = sqlstateOf(error)?.startsWith(badCredentials) && variable === 'PGHOST';
  return new ConfigError(
    isRefused ? 'PGPASSWORD' : variable,
    `cannot be used at ${shown}, database ${database}: ${reason}`,
  );
}
