import { startDisposablePgbouncer } from '@leaderboard/local/disposable-pgbouncer';
import type { DisposableServer } from '@leaderboard/local/disposable-server';
import { postgresUrl } from '@leaderboard/local/postgres-server';
import { createLogger } from '@leaderboard/shared/logger';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../config.js';
import { Harness, until } from '../testing/harness.js';
import { prepareDatabases } from './prepare.js';

const logger = createLogger({ service: 'test', instance: 'test', level: 'silent' });
let pgbouncer: DisposableServer;
let harness: Harness;

beforeAll(async () => {
  harness = await Harness.start(async (postgres) => {
    pgbouncer = await startDisposablePgbouncer(postgres, process.env.PATH);
    return {
      PGPORT: String(pgbouncer.port),
      POSTGRES_DIRECT_URL: postgresUrl(postgres.address, ''),
    };
  });
});
beforeEach(() => harness.reset());
afterAll(async () => {
  await harness.close();
  await pgbouncer.remove();
});

const users = (count: number, value: number) =>
  Array.from({ length: count }, (_, at) => ({ userId: `user${at}`, value: value + at }));

describe('behind a pgbouncer in transaction mode', () => {
  it('several workers drain a queue, and more of them than the pooler has connections', async () => {
    await Promise.all([1, 2, 3].map(() => harness.worker({ BATCH_SIZE: '20' })));
    await harness.open();
    for (let round = 0; round < 5; round += 1) await harness.write(users(200, round));
    await harness.drained();
    expect(Object.keys(await harness.stored())).toHaveLength(200);
    expect(await harness.differences()).toEqual([]);
  });

  it('what Postgres refuses is parked, and its neighbours are stored', async () => {
    await harness.worker();
    await harness.open();
    await harness.push('{"poison":', JSON.stringify({ event_id: 'a', version: 2 ** 60, user_id: 'ann' }));
    await harness.write(users(3, 1));
    await harness.drained();
    expect(Object.keys(await harness.stored())).toHaveLength(3);
    const [dead] = await harness.rows<{ count: string }>('SELECT count(*) FROM dead_letters');
    expect(Number(dead?.count)).toBe(2);
  });

  it('an emptied Redis is recovered under a lock that is the recovery’s own', async () => {
    await harness.worker();
    await harness.open();
    await harness.write(users(500, 1));
    await harness.drained();
    const ranked = await harness.ranked();

    await harness.redis.send(['FLUSHALL']);
    await harness.redis.send(['SCRIPT', 'FLUSH']);
    await until(async () => Object.keys(await harness.ranked()).length === 500);
    await harness.open();
    expect(await harness.ranked()).toEqual(ranked);
    await harness.write(users(500, 2));
    await harness.drained();
    expect(await harness.differences()).toEqual([]);
  });

  it('a worker that is not told of the pooler does not start', async () => {
    const config = loadConfig({ ...harness.environment, POSTGRES_DIRECT_URL: '' });
    await expect(prepareDatabases(config.postgres, logger)).rejects.toThrow(
      /^PGHOST leads to a connection pooler .* POSTGRES_DIRECT_URL must name/,
    );
  });

  it('a pooler that lets nobody in stops the start by the name of its variable', async () => {
    const { port } = harness.postgresServer.address;
    const config = loadConfig({ ...harness.environment, PGPORT: String(port), PGPASSWORD: 'wrong' });
    await expect(prepareDatabases(config.postgres, logger)).rejects.toThrow(/^PGPASSWORD cannot be used/);
  });
});
