import { eventsKey } from '@leaderboard/shared/topology/keys';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FailpointName } from './failpoints.js';
import { readQueueFigures } from './redis/queue-figures.js';
import { Harness, until } from './testing/harness.js';
import { WorkerProcess } from './testing/worker-process.js';

/** Real processes, killed and frozen at chosen moments: afterwards all is there, once. */

let harness: Harness;
const processes: WorkerProcess[] = [];

beforeAll(async () => {
  harness = await Harness.start();
});
beforeEach(() => harness.reset());
afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one.stop()));
});
afterAll(() => harness.close());

async function spawnWorker(environment: Record<string, string> = {}): Promise<WorkerProcess> {
  const worker = await WorkerProcess.start({ ...harness.environment, ...environment });
  processes.push(worker);
  return worker;
}

/** Open, with 300 increments of 100 users waiting and no worker. */
async function backlog(): Promise<void> {
  await harness.worker();
  await harness.open();
  await harness.stopWorkers();
  for (let round = 0; round < 3; round += 1) {
    await harness.write(
      Array.from({ length: 100 }, (_, at) => ({ userId: `user${at}`, operation: 'incr' as const, value: 1 })),
    );
  }
}

async function expectAllOnce(): Promise<void> {
  await harness.drained();
  expect(new Set(Object.values(await harness.stored()))).toEqual(new Set([3]));
  expect(await harness.rows('SELECT count(*)::int AS count FROM score_events')).toEqual([{ count: 300 }]);
  expect(await harness.differences()).toEqual([]);
}

describe('a worker that is killed', () => {
  const failpoints: FailpointName[] = ['after-claim', 'inside-transaction', 'after-commit', 'after-ack'];

  it.each(failpoints)('%s: its batch is stored once', async (failpoint) => {
    await backlog();
    const victim = await spawnWorker({ FAILPOINT: failpoint, BATCH_SIZE: '70' });
    expect(await victim.ended).toMatchObject({ signal: 'SIGKILL' });
    await harness.worker();
    await expectAllOnce();
  });

  it('after COMMIT: its events reach the stream all the same', async () => {
    await backlog();
    const victim = await spawnWorker({ FAILPOINT: 'after-commit' });
    await victim.ended;
    await harness.worker();
    await harness.drained();
    expect(await harness.redis.send(['XLEN', eventsKey(harness.asia)])).toBe(300);
  });
});

describe('a worker that is frozen past its lease', () => {
  it('does no harm when it goes on', async () => {
    await backlog();
    const locker = await harness.databases.connect('ASIA', {});
    await locker.query('BEGIN; LOCK TABLE leaderboard IN ACCESS EXCLUSIVE MODE');
    const frozen = await spawnWorker();
    await until(async () => (await readQueueFigures(harness.asia, harness.redis)).inFlight > 0);
    frozen.kill('SIGSTOP');
    await locker.query('ROLLBACK');
    await locker.end();
    await harness.worker();
    await harness.drained();
    await harness.write([{ userId: 'user0', operation: 'incr', value: 1 }]);
    frozen.kill('SIGCONT');
    await harness.drained();
    await until(async () => (await harness.stored()).user0 === 4);
    expect(await harness.rows('SELECT count(*)::int AS count FROM score_events')).toEqual([{ count: 301 }]);
    expect(await harness.differences()).toEqual([]);
  });
});

describe('a recovery that is killed', () => {
  const failpoints: FailpointName[] = [
    'recovery-epoch-raised',
    'recovery-half-restored',
    'recovery-before-open',
  ];

  it.each(failpoints)('%s: the next one does it', async (failpoint) => {
    await harness.worker();
    await harness.open();
    const batches = Array.from({ length: 12 }, (_, at) =>
      Array.from({ length: 100 }, (_, user) => ({
        userId: `user${at}-${user}`,
        value: user,
        key: `key${at}`,
      })),
    );
    for (const batch of batches) await harness.write(batch);
    await harness.drained();
    await harness.stopWorkers();
    const before = await harness.ranked();
    await harness.redis.send(['FLUSHALL']);

    const victim = await spawnWorker({ FAILPOINT: failpoint });
    expect(await victim.ended).toMatchObject({ signal: 'SIGKILL' });
    await harness.worker();
    await harness.open();
    expect(await harness.ranked()).toEqual(before);
    expect(await harness.differences()).toEqual([]);
    for (const batch of batches) expect(await harness.write(batch)).toEqual(batch.map(() => 'replayed'));
  });
});

describe('a start', () => {
  it.each([
    ['REDIS_URL', { REDIS_URL: 'redis://127.0.0.1:1' }],
    ['PGHOST', { PGPORT: '1' }],
    ['PGPASSWORD', { PGPASSWORD: 'wrong' }],
    ['BATCH_SIZE', { BATCH_SIZE: '0' }],
    ['POSTGRES_URL', { POSTGRES_URL: 'http://localhost' }],
  ])('that cannot succeed names %s in one line', async (variable, environment) => {
    const worker = await spawnWorker(environment);
    expect(await worker.ended).toMatchObject({ code: 1 });
    const lines = worker.output.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(new RegExp(`^${variable} `));
  });

  it('asked to stop ends with 0 within its time', async () => {
    const worker = await spawnWorker();
    await harness.open();
    worker.kill('SIGTERM');
    expect(await worker.ended).toMatchObject({ code: 0 });
  });
});
