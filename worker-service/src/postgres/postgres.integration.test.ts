import { readdirSync } from 'node:fs';
import { type DisposablePostgres, startDisposablePostgres } from '@leaderboard/local/disposable-postgres';
import { createLogger } from '@leaderboard/shared/logger';
import { connectionTo, type RegionPostgres, readPostgres } from '@leaderboard/shared/topology/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maintainPartitions } from './partitions.js';
import { prepareDatabases } from './prepare.js';

const logger = createLogger({ service: 'test', instance: 'test', level: 'silent' });
const migrations = readdirSync(new URL('../../../postgres-init/schema/', import.meta.url)).sort();
let server: DisposablePostgres;
let addresses: ReadonlyMap<string, RegionPostgres>;
let pool: pg.Pool;

beforeAll(async () => {
  server = await startDisposablePostgres();
  const { host, port, user, password } = server.address;
  const settings = { PGHOST: host, PGPORT: port, PGUSER: user, PGPASSWORD: password };
  const urls = { POSTGRES_URL: '', POSTGRES_DIRECT_URL: '' };
  addresses = readPostgres({ ...settings, ...urls }, ['ASIA', 'GLOBAL'], {});
  const asia = addresses.get('ASIA');
  if (!asia) throw new Error('ASIA has no address');
  pool = new pg.Pool(connectionTo(asia.direct));
  pool.on('error', () => {});
});
afterAll(async () => {
  await pool.end();
  await server.remove();
});

async function partitions(): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits
     WHERE inhparent = 'score_events'::regclass ORDER BY name`,
  );
  return rows.map(({ name }) => name);
}

describe('databases', () => {
  it('are made by several workers that start at once', async () => {
    await Promise.all([1, 2, 3].map(() => prepareDatabases(addresses, logger)));
    const { rows } = await pool.query<{ name: string }>('SELECT name FROM migrations ORDER BY id');
    expect(rows.map(({ name }) => `${name}.sql`)).toEqual(migrations);
  });

  it('that have their tables from the containers already are taken as they are', async () => {
    await pool.query('DROP TABLE migrations');
    await prepareDatabases(addresses, logger);
    await prepareDatabases(addresses, logger);
    expect(await partitions()).toEqual(['score_events_default']);
  });
});

describe('partitions', () => {
  it('are made ahead and dropped when their time is over', async () => {
    await maintainPartitions(pool, 2, new Date('2026-01-01T12:00:00Z'), logger);
    expect(await partitions()).toEqual([
      'score_events_20260101',
      'score_events_20260102',
      'score_events_20260103',
      'score_events_20260104',
      'score_events_default',
    ]);
    await maintainPartitions(pool, 2, new Date('2026-01-05T00:00:00Z'), logger);
    const [oldest] = await partitions();
    expect(oldest).toBe('score_events_20260103');
  });

  it('are never dropped when history is kept for ever', async () => {
    const before = await partitions();
    await maintainPartitions(pool, 0, new Date('2026-02-01T00:00:00Z'), logger);
    expect(await partitions()).toEqual(expect.arrayContaining(before));
  });

  it('that cannot be made because of rows in the default one do not stop the others', async () => {
    await pool.query(
      `INSERT INTO score_events (accepted_at, user_id, event_id, version, game, name, region, op, achieved_at, happened_at)
       VALUES ('2026-03-02T00:00:00Z', 'ann', 'event', 1, 'default', 'Ann', 'ASIA', 'set', now(), now())`,
    );
    await maintainPartitions(pool, 0, new Date('2026-03-01T00:00:00Z'), logger);
    const made = await partitions();
    expect(made).toContain('score_events_20260301');
    expect(made).not.toContain('score_events_20260302');
    expect(made).toContain('score_events_20260303');
  });
});
