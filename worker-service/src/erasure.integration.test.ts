import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { windowsText } from '@leaderboard/shared/scoring/windows';
import { boardKey, hiddenBoardKey, userKey } from '@leaderboard/shared/topology/keys';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FailpointName } from './failpoints.js';
import { Harness } from './testing/harness.js';
import { WorkerProcess } from './testing/worker-process.js';

/** Whoever was erased stays so, whatever is delivered, killed or restored afterwards. */

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

const windows = () =>
  windowsText({ windows: ['daily', '24h'], timezone: 'UTC', retainPeriods: 3 }, [
    Date.now() - 3_600_000,
    Date.now(),
    Date.now() + 3_600_000,
  ]);

/** Two users on all boards, everything still in the queue, and no worker. */
async function backlog(): Promise<void> {
  await harness.worker();
  await harness.open();
  await harness.open(harness.global);
  await harness.putGame('default', { windows: ['daily', '24h'] });
  await harness.stopWorkers();
  for (let value = 1; value <= 40; value += 1) {
    for (const userId of ['ann', 'bob']) {
      await harness.write([{ userId, operation: 'best', value, windows: windows(), accountVersion: 1 }]);
    }
  }
}

/** Only bob is left: on boards, in the hash, in Postgres. */
async function expectAnnGone(): Promise<void> {
  await harness.drained();
  const boards = (await harness.redis.send(['KEYS', `${boardKey(harness.asia)}*`])) as string[];
  boards.push(...((await harness.redis.send(['KEYS', `${hiddenBoardKey(harness.asia)}*`])) as string[]));
  expect(boards).toHaveLength(3);
  for (const board of boards) {
    const members = (await harness.redis.send(['ZRANGE', board, '0', '-1'])) as string[];
    expect(members.map((member) => member.slice(16))).toEqual(['bob']);
  }
  const fields = (await harness.redis.send(['HKEYS', userKey(harness.asia, 'ann')])) as string[];
  expect(fields.sort()).toEqual(['erased', 'erased_at']);
  expect(await harness.stored()).toEqual({ bob: 40 });
  expect(await harness.rows('SELECT DISTINCT user_id FROM score_events')).toEqual([{ user_id: 'bob' }]);
  expect(await harness.differences()).toEqual([]);
}

const writeFor = (accountVersion: number) =>
  harness.write([{ userId: 'ann', operation: 'best', value: 5, accountVersion }]);

describe('an erased user', () => {
  it('is gone from all boards, Postgres and the queue', async () => {
    await backlog();
    await harness.erase('ann', 1);
    await harness.worker();
    await expectAnnGone();
    expect(await harness.rows('SELECT act, subject, actor FROM admin_acts')).toEqual([
      { act: 'erase-user', subject: 'ann', actor: 'operator' },
    ]);
  });

  it('is gone when it was hidden, and the next one with its id is seen', async () => {
    await backlog();
    await harness.hide('ann', true);
    await harness.erase('ann', 1);
    await harness.worker();
    await expectAnnGone();
    expect(await writeFor(2)).toEqual(['applied']);
    expect(await harness.ranked()).toEqual({ bob: 40, ann: 5 });
  });

  it('is not written for any more; whoever has the id next is', async () => {
    await backlog();
    await harness.erase('ann', 1);
    expect(await writeFor(1)).toEqual(['user_erased']);
    expect(await writeFor(2)).toEqual(['applied']);
    await harness.worker();
    await harness.drained();
    expect(await harness.stored()).toEqual({ ann: 5, bob: 40 });
    expect(await harness.differences()).toEqual([]);
  });

  it('does not come back by a late event or the retry of an old one', async () => {
    await backlog();
    const keyed = { userId: 'ann', operation: 'best' as const, value: 5, key: 'key', accountVersion: 1 };
    expect(await harness.write([keyed])).toEqual(['applied']);
    const beforeMs = Date.now() - 60_000;
    await harness.erase('ann', 1);
    expect(await harness.write([{ ...keyed, accountVersion: 2 }])).toEqual(['user_erased']);
    const late = { userId: 'ann', operation: 'best' as const, value: 5, happenedAtMs: beforeMs };
    expect(await harness.write([{ ...late, accountVersion: 2 }])).toEqual(['user_erased']);
    await harness.worker();
    await expectAnnGone();
  });

  it('does not come back from Postgres, and stays refused, when Redis is emptied', async () => {
    await backlog();
    await harness.erase('ann', 1);
    await harness.worker();
    await expectAnnGone();
    await harness.redis.send(['FLUSHALL']);
    await harness.redis.send(['SCRIPT', 'FLUSH']);
    await harness.open();
    await expectAnnGone();
    expect(await writeFor(1)).toEqual(['user_erased']);
  });

  it('is erased again in a Redis that comes back older', async () => {
    await backlog();
    await harness.worker();
    await harness.drained();
    const saved = mkdtempSync(join(tmpdir(), 'erasure-test-'));
    await harness.restartRedis(() => cpSync(harness.redisDirectory(), saved, { recursive: true }));
    await harness.open();
    await harness.erase('ann', 1);
    await harness.drained();
    await harness.stopWorkers();
    await harness.restartRedis(() => {
      rmSync(harness.redisDirectory(), { recursive: true });
      cpSync(saved, harness.redisDirectory(), { recursive: true });
      rmSync(saved, { recursive: true });
    });
    await harness.worker();
    await harness.open();
    await expectAnnGone();
    expect(await writeFor(1)).toEqual(['user_erased']);
  });

  const failpoints: FailpointName[] = ['after-claim', 'inside-transaction', 'after-commit', 'after-ack'];
  it.each(failpoints)(
    'stays erased when workers are killed %s, in whatever order batches come',
    async (failpoint) => {
      await backlog();
      await harness.erase('ann', 1);
      const victim = await WorkerProcess.start({
        ...harness.environment,
        FAILPOINT: failpoint,
        BATCH_SIZE: '7',
      });
      processes.push(victim);
      expect(await victim.ended).toMatchObject({ signal: 'SIGKILL' });
      await harness.worker();
      await expectAnnGone();
    },
  );
});

describe('a hidden user', () => {
  it('stays hidden through recoveries, and its entries are where it left them when it is shown again', async () => {
    await backlog();
    await harness.hide('ann', true);
    await harness.worker();
    await harness.drained();
    expect(await harness.ranked()).toEqual({ bob: 40 });
    expect(await harness.differences()).toEqual([]);
    await harness.redis.send(['FLUSHALL']);
    await harness.redis.send(['SCRIPT', 'FLUSH']);
    await harness.open();
    expect(await harness.ranked()).toEqual({ bob: 40 });
    expect(await harness.redis.send(['ZCARD', hiddenBoardKey(harness.asia, 'default', '24h')])).toBe(1);
    expect(await harness.differences()).toEqual([]);
    await harness.hide('ann', false);
    expect(await harness.ranked()).toEqual({ ann: 40, bob: 40 });
    expect(await harness.redis.send(['ZCARD', boardKey(harness.asia, 'default', '24h')])).toBe(2);
    await harness.drained();
    expect(await harness.differences()).toEqual([]);
    const acts = await harness.rows<{ act: string }>('SELECT act FROM admin_acts ORDER BY acted_at');
    expect(acts.map(({ act }) => act)).toEqual(['hide-user', 'show-user']);
  });
});
