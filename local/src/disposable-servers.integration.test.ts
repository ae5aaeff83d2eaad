import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { inheritedEnvironment } from './config.js';
import { type DisposablePostgres, startDisposablePostgres } from './disposable-postgres.js';
import { type DisposableRedis, startDisposableRedis } from './disposable-redis.js';
import { postgresUrl, whyPostgresNotReady } from './postgres-server.js';
import { whyRedisNotReady } from './redis-server.js';

describe('Postgres', () => {
  let server: DisposablePostgres;
  beforeAll(async () => {
    server = await startDisposablePostgres();
  });
  afterAll(() => server.remove());

  it('is there again after a kill, with what was committed', async () => {
    const query = async (sql: string) => {
      const client = new pg.Client(postgresUrl(server.address, 'postgres'));
      await client.connect();
      const { rows } = await client.query<{ n: number }>(sql);
      await client.end();
      return rows;
    };
    await query('CREATE TABLE kept AS SELECT 7 AS n');
    const before = server.process.pid;
    server.process.kill('SIGKILL');
    await vi.waitFor(() => expect(server.process.pid).not.toBe(before), { timeout: 5000 });
    await vi.waitFor(async () => expect(await whyPostgresNotReady(server.address)).toBeUndefined(), {
      timeout: 10_000,
    });
    expect(await query('SELECT n FROM kept')).toEqual([{ n: 7 }]);
  });

  it('wants the password', async () => {
    expect(await whyPostgresNotReady({ ...server.address, password: 'wrong' })).toMatch(/password/);
  });
});

describe('Redis', () => {
  let server: DisposableRedis;
  beforeAll(async () => {
    server = await startDisposableRedis(inheritedEnvironment().PATH);
  });
  afterAll(() => server.remove());

  it('answers, and again after a kill', async () => {
    expect(await whyRedisNotReady(server.port)).toBeUndefined();
    const before = server.process.pid;
    server.process.kill('SIGKILL');
    await vi.waitFor(() => expect(server.process.pid).not.toBe(before), { timeout: 5000 });
    await vi.waitFor(async () => expect(await whyRedisNotReady(server.port)).toBeUndefined(), {
      timeout: 5000,
    });
  });
});
