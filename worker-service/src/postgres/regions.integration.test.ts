import { type DisposablePostgres, startDisposablePostgres } from '@leaderboard/local/disposable-postgres';
import { postgresUrl } from '@leaderboard/local/postgres-server';
import { createLogger } from '@leaderboard/shared/logger';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../config.js';
import { Harness, until } from '../testing/harness.js';
import { prepareDatabases } from './prepare.js';

const logger = createLogger({ service: 'test', instance: 'test', level: 'silent' });
let asia: DisposablePostgres;
let harness: Harness;

beforeAll(async () => {
  asia = await startDisposablePostgres();
  harness = await Harness.start({ POSTGRES_URL_ASIA: postgresUrl(asia.address, '') });
});
beforeEach(() => harness.reset());
afterAll(async () => {
  await harness.close();
  await asia.remove();
});

async function databasesOf({ address }: DisposablePostgres): Promise<string[]> {
  const client = new pg.Client(postgresUrl(address, 'postgres'));
  await client.connect();
  const { rows } = await client.query<{ datname: string }>(
    "SELECT datname FROM pg_database WHERE datname LIKE 'leaderboard%' ORDER BY 1",
  );
  await client.end();
  return rows.map(({ datname }) => datname);
}

const storedOfGlobal = async () =>
  (await harness.databases.of(harness.global).query('SELECT user_id FROM leaderboard')).rows;

describe('a region with a Postgres of its own', () => {
  it('has its database there and nowhere else', async () => {
    expect(await databasesOf(asia)).toEqual(['leaderboard_asia']);
    expect(await databasesOf(harness.postgresServer)).toEqual(['leaderboard_global']);
  });

  it('stores its scores there, and what is missing in Redis comes back from there', async () => {
    await harness.worker();
    await harness.open();
    await harness.open(harness.global);
    await harness.write([{ userId: 'ann', value: 7 }]);
    await harness.write([{ userId: 'bob', value: 8 }], harness.global);
    await harness.drained();
    await harness.drained(harness.global);
    expect(await harness.stored()).toEqual({ ann: 7 });
    expect(await storedOfGlobal()).toEqual([{ user_id: 'bob' }]);

    await harness.redis.send(['FLUSHALL']);
    await until(async () => (await harness.ranked()).ann === 7);
    for (const shard of [harness.asia, harness.global]) {
      await harness.open(shard);
      expect(await harness.differences(shard)).toEqual([]);
    }
  });

  it('does not hold up the others while its Postgres is down', async () => {
    await harness.worker();
    await harness.open();
    await harness.open(harness.global);
    await asia.process.stop();
    await harness.write([{ userId: 'ann', value: 7 }]);
    await harness.write([{ userId: 'bob', value: 8 }], harness.global);
    await harness.drained(harness.global);
    expect(await storedOfGlobal()).toEqual([{ user_id: 'bob' }]);

    asia.process.start();
    await harness.drained();
    expect(await harness.stored()).toEqual({ ann: 7 });
  });

  it('does not keep a worker from serving the others that starts while its Postgres is down', async () => {
    await asia.process.stop();
    await harness.worker();
    await harness.open(harness.global);
    await harness.write([{ userId: 'bob', value: 8 }], harness.global);
    await harness.drained(harness.global);
    expect(await storedOfGlobal()).toEqual([{ user_id: 'bob' }]);

    asia.process.start();
    await harness.open();
    await harness.write([{ userId: 'ann', value: 7 }]);
    await harness.drained();
    expect(await harness.stored()).toEqual({ ann: 7 });
  });

  it('that refuses the password stops the start by the name of its variable', async () => {
    const { host, port } = asia.address;
    const config = loadConfig({
      ...harness.environment,
      POSTGRES_URL_ASIA: '',
      PGHOST_ASIA: host,
      PGPORT_ASIA: String(port),
      PGPASSWORD_ASIA: 'wrong',
    });
    await expect(prepareDatabases(config.postgres, logger)).rejects.toThrow(
      /^PGPASSWORD_ASIA cannot be used/,
    );
  });
});
