import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '@leaderboard/shared/config';
import type { Logger } from '@leaderboard/shared/logger';
import {
  connectionTo,
  type PostgresAddress,
  type RegionPostgres,
} from '@leaderboard/shared/topology/postgres';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { sqlstateOf } from './sqlstate.js';

/** The files are the containers' too: postgres-init/02-create-tables.sql runs the first one. */
const migrationsDirectory = fileURLToPath(new URL('../../../postgres-init/schema', import.meta.url));
const maintenanceDatabase = 'postgres';
const createLock = 4_829_113;
const migrateLock = 4_829_114;
const connectAttempts = 10;
const lateRetryMs = 1_000;

const missingDatabase = '3D000';
const alreadyThere = ['42P04', '23505'];
const startingUp = '57P03';
const badCredentials = '28';

/** Nobody answers there, or only to say that it is not ready: this may pass. */
class Unreachable extends ConfigError {}

/**
 * Makes each region's database if it is missing, and its tables. Several workers may do so at once.
 * @returns the regions whose Postgres cannot be reached now while others can: one must not keep the others from being served.
 * @throws {ConfigError} when none can be reached, or when one answers but cannot be used.
 */
export async function prepareDatabases(
  addresses: ReadonlyMap<string, RegionPostgres>,
  logger: Logger,
): Promise<string[]> {
  const regions = [...addresses];
  const outcomes = await Promise.allSettled(regions.map(([, address]) => prepareRegion(address, logger)));
  const failures = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason);
  const final = failures.find((error) => !(error instanceof Unreachable));
  if (final !== undefined) throw final;
  if (failures.length === regions.length) throw failures[0];
  for (const error of failures)
    logger.error({ err: error.message }, 'a Postgres cannot be reached: it is tried again');
  return regions.filter((_, at) => outcomes[at]?.status === 'rejected').map(([region]) => region);
}

/** Tries again for as long as it takes. @throws when told to stop */
export async function prepareLate(
  region: string,
  address: RegionPostgres,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      await prepareRegion(address, logger);
      logger.info({ region }, 'Postgres can be reached');
      return;
    } catch (error) {
      // The process serves the other regions by now: this is for whoever reads its log.
      if (!(error instanceof Unreachable))
        logger.error({ err: (error as Error).message, region }, 'Postgres cannot be used');
    }
    await sleep(lateRetryMs, undefined, { signal });
  }
}

async function prepareRegion({ direct, pooler }: RegionPostgres, logger: Logger): Promise<void> {
  await prepareDatabase(direct, logger);
  if (pooler) await checkPooler(pooler);
}

async function prepareDatabase(address: PostgresAddress, logger: Logger): Promise<void> {
  const { database } = address;
  const client = await connectOrCreate(address, logger);
  try {
    await refusePooler(client, address);
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

/**
 * Locks of a session would be nobody's and everybody's behind a pooler. One is known by the process that it says is at
 * the other end, which is none of Postgres'.
 */
async function refusePooler(client: pg.Client, { variable, shown }: PostgresAddress): Promise<void> {
  const { processID } = client as pg.Client & { readonly processID: number };
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  if (rows[0]?.pid === processID) return;
  const region = /^(?:POSTGRES_(?:DIRECT_)?URL|PGHOST|PGPORT)(_.*)?$/.exec(variable)?.[1] ?? '';
  throw new ConfigError(
    variable,
    `leads to a connection pooler (${shown}): POSTGRES_DIRECT_URL${region} must name the Postgres behind it`,
  );
}

async function checkPooler(address: PostgresAddress): Promise<void> {
  try {
    const client = await connect(address);
    await client.end();
  } catch (error) {
    throw unusable(address, error);
  }
}

async function connectOrCreate(address: PostgresAddress, logger: Logger): Promise<pg.Client> {
  const { database } = address;
  try {
    return await connect(address);
  } catch (error) {
    if (sqlstateOf(error) !== missingDatabase) throw unusable(address, error);
  }
  try {
    await createDatabase(address);
    logger.info({ database }, 'database created');
    return await connect(address);
  } catch (error) {
    throw unusable(address, error);
  }
}

/** One at a time, because two CREATE DATABASE would fail on their common template. */
async function createDatabase(address: PostgresAddress): Promise<void> {
  const { database } = address;
  const client = await connect({ ...address, database: maintenanceDatabase });
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
async function connect(address: PostgresAddress): Promise<pg.Client> {
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client({ ...connectionTo(address), connectionTimeoutMillis: 3_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      if (!mayPass(error) || attempt === connectAttempts) throw error;
      await sleep(500);
    }
  }
}

/** No answer, still starting, or out of connections. */
function mayPass(error: unknown): boolean {
  const state = sqlstateOf(error);
  return state === undefined || state === startingUp || state.startsWith('53');
}

function unusable(address: PostgresAddress, error: unknown): ConfigError {
  const { variable, passwordVariable, shown, database } = address;
  const reason = (error as Error).message || (error as NodeJS.ErrnoException).code;
  const Kind = mayPass(error) ? Unreachable : ConfigError;
  return new Kind(
    sqlstateOf(error)?.startsWith(badCredentials) ? passwordVariable : variable,
    `cannot be used at ${shown}, database ${database}: ${reason}`,
  );
}
