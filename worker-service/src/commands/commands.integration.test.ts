import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { deadKey, userKey } from '@leaderboard/shared/topology/keys';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Harness } from '../testing/harness.js';

/** The commands as they are run, in processes of their own. */

let harness: Harness;

beforeAll(async () => {
  harness = await Harness.start();
});
beforeEach(async () => {
  await harness.reset();
  await harness.worker();
  await harness.open();
});
afterAll(() => harness.close());

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

function run(command: string, ...args: string[]): Promise<Outcome> {
  const file = fileURLToPath(new URL(`../../dist/commands/${command}.js`, import.meta.url));
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [file, ...args],
      { env: { PATH: process.env.PATH, ...harness.environment } },
      (error, output, errors) => resolve({ code: Number(error?.code ?? 0), output, errors }),
    );
  });
}

describe('queue', () => {
  it('shows what waits, oldest first, and what is dead', async () => {
    await harness.push('not json');
    await harness.drained();
    await harness.stopWorkers();
    await harness.write([
      { userId: 'ann', value: 1 },
      { userId: 'bob', value: 2 },
    ]);
    const { code, output } = await run('queue');
    expect(code).toBe(0);
    expect(output).toMatch(/^ASIA: 2 waiting, 0 in flight, 1 dead, oldest \d+\.\d s$/m);
    expect(output).toMatch(/^GLOBAL: 0 waiting, 0 in flight, 0 dead$/m);
    expect(output.indexOf('"ann"')).toBeLessThan(output.indexOf('"bob"'));
    expect(output).toContain('"item":"not json"');
  });

  it('speaks JSON and hides password hashes', async () => {
    await harness.open(harness.global);
    await harness.stopWorkers();
    const hash = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';
    await harness.register('ann', 'ASIA', hash);
    const { output } = await run('queue', '--json');
    expect(output).not.toContain(hash);
    const [, global] = JSON.parse(output);
    expect(global).toMatchObject({ shard: 'GLOBAL', waiting: 1, inFlight: 0, dead: 0 });
    expect(JSON.parse(global.items[0])).toMatchObject({ user_id: 'ann', password_hash: '[redacted]' });
  });

  it('puts dead letters back', async () => {
    await harness.postgres.query("ALTER TABLE leaderboard ADD CONSTRAINT trouble CHECK (user_id <> 'ann')");
    await harness.write([
      { userId: 'ann', value: 1 },
      { userId: 'bob', value: 2 },
    ]);
    await harness.drained();
    expect(await harness.stored()).toEqual({ bob: 2 });
    await harness.postgres.query('ALTER TABLE leaderboard DROP CONSTRAINT trouble');

    const { output } = await run('queue', '--requeue-dead');
    expect(output).toContain('ASIA: 1 dead letters put back');
    await harness.drained();
    expect(await harness.stored()).toEqual({ ann: 1, bob: 2 });
    expect(await harness.redis.send(['LLEN', deadKey(harness.asia)])).toBe(0);
    expect(await harness.rows('SELECT 1 FROM dead_letters')).toEqual([]);
  });
});

describe('verify', () => {
  it('agrees after a drain', async () => {
    await harness.write([{ userId: 'ann', value: 1 }]);
    await harness.drained();
    const { code, output } = await run('verify');
    expect(output).toContain('ASIA: 1 entries, 0 differences');
    expect(output).toContain('Redis and Postgres agree.');
    expect(code).toBe(0);
  });

  it('reports every difference and exits with 1', async () => {
    await harness.write([
      { userId: 'ann', value: 1 },
      { userId: 'bob', value: 2 },
      { userId: 'eve', value: 3 },
    ]);
    await harness.drained();
    await harness.redis.send(['HSET', userKey(harness.asia, 'ann'), 'score', '5']);
    await harness.redis.send(['ZADD', 'leaderboard:{ASIA}', '-9', '1795259675532846ghost']);
    await harness.postgres.query("DELETE FROM leaderboard WHERE user_id = 'bob'");
    const { code, output } = await run('verify');
    expect(code).toBe(1);
    expect(output).toContain('ASIA default ann: score 5 in Redis, 1 in Postgres');
    expect(output).toContain('ASIA default ghost: on the board, not in Postgres');
    expect(output).toContain('ASIA default bob: on the board, not in Postgres');
    expect(output).toContain('ASIA default bob: score in Redis, not in Postgres');
    expect(output).toContain('4 differences.');
  });

  it('says that the queue is not empty', async () => {
    await harness.stopWorkers();
    await harness.write([{ userId: 'ann', value: 1 }]);
    const { code, output } = await run('verify');
    expect(output).toContain('ASIA: 1 items waiting');
    expect(code).toBe(1);
  });
});

describe('rebuild', () => {
  it('brings a region back while the worker runs', async () => {
    await harness.write([{ userId: 'ann', value: 1 }]);
    await harness.drained();
    await harness.redis.send(['DEL', 'leaderboard:{ASIA}']);
    const { code, output } = await run('rebuild', '--', '--region', 'asia');
    expect(output).toMatch(/^ASIA: 1 rows read, 1 written in \d/);
    expect(code).toBe(0);
    expect(await harness.differences()).toEqual([]);
    await harness.open();
    expect(await harness.write([{ userId: 'ann', value: 2 }])).toEqual(['applied']);
  });

  it('refuses a region that does not exist, in one line', async () => {
    const { code, errors } = await run('rebuild', '--region', 'mars');
    expect(code).toBe(1);
    expect(errors).toBe('--region must be one of ASIA, GLOBAL\n');
  });

  it('refuses an option that does not exist, in one line', async () => {
    const { code, errors } = await run('rebuild', '--regions', 'asia');
    expect(code).toBe(1);
    expect(errors).toBe("options: Unknown option '--regions'; known are --region, --partitions\n");
  });
});
