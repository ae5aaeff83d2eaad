import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@leaderboard/shared/logger';
import { ShardClosed } from '@leaderboard/shared/scripting/fenced-scripts';
import {
  accountKey,
  answersKey,
  boardKey,
  gameNamesKey,
  gamesKey,
  hiddenBoardKey,
  shardKey,
  userKey,
} from '@leaderboard/shared/topology/keys';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BatchStore } from '../apply/batch-store.js';
import { type Claim, ShardQueue } from '../drain/shard-queue.js';
import { type Failpoint, noFailpoint } from '../failpoints.js';
import { WorkerMetrics } from '../metrics.js';
import { readHash } from '../redis/read-hash.js';
import { Harness, until, type Write } from '../testing/harness.js';
import { type RecoveryReport, recoverShard } from './recover-shard.js';
import { recoveryLockOf } from './recovery-lock.js';

let harness: Harness;

beforeAll(async () => {
  harness = await Harness.start();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

const everyUser = (count: number, value: (at: number) => number): Write[] =>
  Array.from({ length: count }, (_, at) => ({ userId: `user${at}`, value: value(at) }));

/** Opens with a worker, writes, drains; the worker stays. */
async function running(...batches: Write[][]): Promise<void> {
  await harness.worker();
  await harness.open();
  for (const batch of batches) await harness.write(batch);
  await harness.drained();
}

function recover(everything = false, failpoint: Failpoint = noFailpoint): Promise<RecoveryReport> {
  return recoverShard(
    {
      shard: harness.asia,
      shards: harness.config.topology.shards,
      redis: harness.redis,
      lock: recoveryLockOf(harness.databases),
      readWindows: () => harness.readWindows(),
      failpoint,
      signal: new AbortController().signal,
      onProgress: () => {},
    },
    everything,
  );
}

/** What is kept of keyed writes, by user and key: hash of the request, version, answer. */
async function answers(): Promise<Record<string, unknown[]>> {
  const keys = (await harness.redis.send(['KEYS', `${answersKey(harness.asia)}*`])) as string[];
  const kept: Record<string, unknown[]> = {};
  for (const key of keys) {
    const left = Number(await harness.redis.send(['PTTL', key]));
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(36 * 3_600_000);
    for (const [field, value] of await readHash(harness.redis, key)) {
      const [hash, version] = JSON.parse(value).slice(-2);
      kept[field] = [hash, String(version), JSON.parse(value).slice(0, -2)];
    }
  }
  return kept;
}

const epoch = async () => Number(await harness.redis.send(['HGET', shardKey(harness.asia), 'epoch']));
const redisVersion = async () =>
  Number(await harness.redis.send(['HGET', shardKey(harness.asia), 'version']));

describe('a Redis that was emptied', () => {
  it('has every game in its own order again, under the rules it was written', async () => {
    const race = { game: 'race', rules: 'best:asc', operation: 'best' } as const;
    await running(
      everyUser(700, (at) => at % 7).map((write) => ({ ...write, ...race })),
      [{ userId: 'ann', value: 5 }],
    );
    const board = () =>
      harness.redis.send(['ZRANGE', boardKey(harness.asia, 'race'), '0', '-1', 'WITHSCORES']);
    const before = await board();
    await harness.redis.send(['FLUSHALL']);
    await harness.open();
    expect(await board()).toEqual(before);
    expect(await harness.differences()).toEqual([]);
    expect(await harness.write([{ userId: 'bob', value: 1, ...race }])).toEqual(['applied']);
    expect(await harness.write([{ userId: 'bob', value: 1, ...race, rules: 'best:desc' }])).toEqual([
      'rules_changed',
    ]);
  });

  it('has its games again', async () => {
    const { global } = harness;
    await harness.worker();
    await harness.open(global);
    await harness.putGame('race', { operator: 'best', order: 'asc' });
    await harness.putGame('race', { operator: 'best', order: 'asc', max_score: 9 });
    await harness.drained(global);
    const game = () => harness.redis.send(['HGET', gamesKey(global), 'race']);
    expect(await game()).toContain('"max_score":9');
    await harness.redis.send(['FLUSHALL']);
    await harness.open(global);
    expect(await game()).toMatch(/^\{"version":\d+,.*"max_score": ?9/);
    expect(await harness.redis.send(['ZRANGE', gameNamesKey(global), '0', '-1'])).toEqual(['race']);
    expect(await harness.differences(global)).toEqual([]);
  });

  it('is brought back to what Postgres knows, and opened', async () => {
    await running(
      everyUser(1500, (at) => at % 7),
      everyUser(100, (at) => at),
    );
    const before = await harness.ranked();
    await harness.redis.send(['FLUSHALL']);
    await harness.open();
    expect(await harness.ranked()).toEqual(before);
    expect(await harness.differences()).toEqual([]);
  });

  it('has all games, the overall board, and hidden, erased and removed users as they were', async () => {
    const quiz = { game: 'quiz', rules: 'incr:desc:overall', operation: 'incr' } as const;
    const race = { game: 'race', rules: 'best:asc', operation: 'best' } as const;
    await running(
      everyUser(600, (at) => at % 50),
      everyUser(600, (at) => at).map((write) => ({ ...write, ...quiz })),
      everyUser(600, (at) => -at).map((write) => ({ ...write, ...race })),
      // No better: the version moves on, and the time at which the score was reached does not.
      everyUser(300, () => -1).map((write) => ({ ...write, operation: 'best' as const })),
      everyUser(20, () => 0).map((write) => ({ ...write, operation: 'remove' as const })),
    );
    await harness.hide('user40', true);
    await harness.erase('user41', 1);
    await harness.drained();
    const boards = () =>
      Promise.all(
        [
          boardKey(harness.asia),
          boardKey(harness.asia, 'quiz'),
          boardKey(harness.asia, 'race'),
          boardKey(harness.asia, '*'),
          hiddenBoardKey(harness.asia),
          hiddenBoardKey(harness.asia, '*'),
        ].map((key) => harness.redis.send(['ZRANGE', key, '0', '-1', 'WITHSCORES'])),
      );
    const users = () =>
      Promise.all(
        [0, 25, 40, 41, 350].map((at) => harness.redis.send(['HGETALL', userKey(harness.asia, `user${at}`)])),
      );
    const before = [await boards(), await users()];
    await harness.redis.send(['FLUSHALL']);
    await harness.open();
    expect([await boards(), await users()]).toEqual(before);
    expect(await harness.differences()).toEqual([]);
  });

  it('and half restored: what has changed since stands once', async () => {
    await running(everyUser(700, (at) => at));
    await harness.stopWorkers();
    await harness.redis.send(['FLUSHALL']);
    const halfWay = (name: string) => {
      if (name === 'recovery-half-restored') throw new Error(name);
    };
    await expect(recover(false, halfWay)).rejects.toThrow('recovery-half-restored');
    await until(async () => Number(await harness.redis.send(['ZCARD', boardKey(harness.asia)])) > 0);
    await harness.postgres.query(
      `UPDATE leaderboard SET score = score + 1, version = version + 60000000, achieved_at = achieved_at + interval '1 minute'`,
    );
    await recover();
    expect(Object.keys(await harness.ranked())).toHaveLength(700);
    expect(await harness.redis.send(['ZCARD', boardKey(harness.asia)])).toBe(700);
    expect(await harness.differences()).toEqual([]);
  });

  it('refuses writes and reads until then', async () => {
    await running([{ userId: 'ann', value: 1 }]);
    await harness.stopWorkers();
    await harness.redis.send(['FLUSHALL']);
    await expect(harness.write([{ userId: 'ann', value: 2 }])).rejects.toBeInstanceOf(ShardClosed);
  });

  it('stays closed while Postgres cannot be asked', async () => {
    await running([{ userId: 'ann', value: 1 }]);
    await harness.postgresServer.process.stop();
    await harness.redis.send(['FLUSHALL']);
    await expect(harness.write([{ userId: 'ann', value: 2 }])).rejects.toBeInstanceOf(ShardClosed);
    harness.postgresServer.process.start();
    await harness.open();
    expect(await harness.ranked()).toEqual({ ann: 1 });
  });

  it('gives out only versions above those in Postgres', async () => {
    await running([{ userId: 'ann', value: 1 }]);
    const future = 9_000_000_000_000_000;
    await harness.stopWorkers();
    await harness.postgres.query('UPDATE leaderboard SET version = $1', [future]);
    await harness.redis.send(['FLUSHALL']);
    await harness.worker();
    await harness.open();
    await harness.write([{ userId: 'ann', value: 2 }]);
    await harness.drained();
    expect(await harness.stored()).toEqual({ ann: 2 });
    expect(await redisVersion()).toBeGreaterThan(future);
  });

  it('does not get removed entries back', async () => {
    await running(
      [
        { userId: 'ann', value: 1 },
        { userId: 'bob', value: 2 },
      ],
      [{ userId: 'ann', operation: 'remove' }],
    );
    await harness.redis.send(['FLUSHALL']);
    await harness.open();
    expect(await harness.ranked()).toEqual({ bob: 2 });
    expect(await harness.redis.send(['EXISTS', userKey(harness.asia, 'ann')])).toBe(0);
  });

  it('gets accounts back in the shard of GLOBAL', async () => {
    await harness.worker();
    await harness.open(harness.global);
    await harness.register('ann', 'ASIA', '$2b$10$hash');
    await harness.drained(harness.global);
    const before = await harness.redis.send(['HGETALL', accountKey(harness.global, 'ann')]);
    await harness.redis.send(['FLUSHALL']);
    await harness.open(harness.global);
    const after = await harness.redis.send(['HGETALL', accountKey(harness.global, 'ann')]);
    expect(after).toEqual(before);
    expect(await harness.differences(harness.global)).toEqual([]);
  });

  it('answers the retry of a keyed write as before, for the rest of its day', async () => {
    const keyed = { userId: 'ann', operation: 'incr', value: 5 } as const;
    await running([
      { ...keyed, key: 'first' },
      { ...keyed, key: 'second' },
      { userId: 'ann', operation: 'best', value: 1, key: 'unchanged' },
      { userId: 'bob', operation: 'incr', value: -(2 ** 53) + 1, key: 'least', name: 'B\u{1f600}"b' },
    ]);
    const before = await answers();
    expect(before['bob:least']).toEqual([
      'hash',
      expect.any(String),
      [String(-(2 ** 53) + 1), null, 2, 1, expect.any(String), 'B\u{1f600}"b'],
    ]);
    expect(Object.keys(before).sort()).toEqual(['ann:first', 'ann:second', 'ann:unchanged', 'bob:least']);
    await harness.redis.send(['FLUSHALL']);
    await harness.open();
    expect(await answers()).toEqual(before);
    expect(await harness.write([{ ...keyed, key: 'second' }])).toEqual(['replayed']);
  });

  it.each([
    [23, 'replayed'],
    [25, 'applied'],
  ])('%i hours after a keyed write has it %s, and so does one that kept it', async (hours, outcome) => {
    const keyed = { userId: 'ann', operation: 'incr', value: 5, key: 'key-1' } as const;
    await running([keyed]);
    await harness.postgres.query(`
      UPDATE score_events SET version = version - ${hours} * 3600000000,
        accepted_at = accepted_at - interval '${hours} hours', achieved_at = achieved_at - interval '${hours} hours'`);
    await harness.redis.send(['FLUSHALL']);
    await harness.open();
    expect(await harness.write([keyed])).toEqual([outcome]);

    const other = { ...keyed, key: 'key-2' };
    await harness.write([other]);
    const [, version] = (await answers())['ann:key-2'] ?? [];
    const older = `["hash",${Number(version) - hours * 3_600_000_000}]`;
    for (const key of (await harness.redis.send(['KEYS', `${answersKey(harness.asia)}*`])) as string[])
      await harness.redis.send(['HSET', key, 'ann:key-2', older]);
    expect(await harness.write([other])).toEqual([outcome]);
  });
});

describe('a Redis that restarted with its data', () => {
  it('is opened without reading what it has', async () => {
    await running(everyUser(1000, (at) => at));
    await harness.stopWorkers();
    await harness.restartRedis();
    const report = await recover();
    expect(report).toMatchObject({ alreadyOpen: false, wasEmpty: false, rowsRead: 0 });
    expect(await harness.differences()).toEqual([]);
  });

  it('keeps what waits in its queue', async () => {
    await running();
    await harness.stopWorkers();
    await harness.write([{ userId: 'ann', value: 4 }]);
    await harness.restartRedis();
    await harness.worker();
    await harness.drained();
    expect(await harness.stored()).toEqual({ ann: 4 });
    expect(await harness.differences()).toEqual([]);
  });

  it('but lost the end of it, gets just that from Postgres', async () => {
    await running([
      { userId: 'old', value: 1 },
      { userId: 'changed', value: 1 },
      { userId: 'removed', value: 1 },
    ]);
    await harness.stopWorkers();
    const saved = mkdtempSync(join(tmpdir(), 'leaderboard-aof-'));
    await harness.restartRedis(() => cpSync(harness.redisDirectory(), saved, { recursive: true }));
    await running([
      { userId: 'changed', value: 9 },
      { userId: 'removed', operation: 'remove' },
      { userId: 'new', value: 3, key: 'key' },
    ]);
    await harness.stopWorkers();
    await harness.restartRedis(() => {
      rmSync(harness.redisDirectory(), { recursive: true });
      cpSync(saved, harness.redisDirectory(), { recursive: true });
      rmSync(saved, { recursive: true });
    });
    expect(await harness.ranked()).toEqual({ old: 1, changed: 1, removed: 1 });

    const report = await recover();
    expect(report).toMatchObject({ wasEmpty: false, rowsWritten: 4 });
    expect(await harness.ranked()).toEqual({ old: 1, changed: 9, new: 3 });
    expect(await harness.differences()).toEqual([]);
    expect(Object.keys(await answers())).toEqual(['new:key']);
  });
});

describe('an old master that comes back after another Redis was opened', () => {
  it('gets what the other took, even below versions of its own', async () => {
    await running([
      { userId: 'ann', value: 1 },
      { userId: 'bob', value: 1 },
    ]);
    await harness.stopWorkers();
    // Another Redis was opened meanwhile, had kept as much as this one, and took a write.
    const taken = (await redisVersion()) + 1;
    await harness.rows('UPDATE shards SET epoch = epoch + 1 WHERE tag = $1', [harness.asia.tag]);
    await harness.rows(
      'INSERT INTO recoveries (tag, epoch, kept_version) SELECT tag, epoch, $2 FROM shards WHERE tag = $1',
      [harness.asia.tag, taken - 1],
    );
    await harness.rows('UPDATE leaderboard SET score = 7, version = $1 WHERE user_id = $2', [taken, 'ann']);
    // This one had taken a later write, which nobody else has seen.
    await harness.write([{ userId: 'bob', value: 5 }]);
    expect(await redisVersion()).toBeGreaterThan(taken);

    await recover();
    expect(await harness.ranked()).toEqual({ ann: 7, bob: 5 });
    await harness.worker();
    await harness.drained();
    expect(await harness.differences()).toEqual([]);
  });
});

describe('a full rebuild', () => {
  it('does not put back what is newer in Redis and still waits', async () => {
    await running([
      { userId: 'ann', value: 1 },
      { userId: 'bob', value: 1 },
      { userId: 'eve', value: 1 },
    ]);
    await harness.stopWorkers();
    await harness.write([
      { userId: 'ann', value: 2 },
      { userId: 'bob', operation: 'remove' },
      { userId: 'new', value: 5 },
    ]);
    await recover(true);
    expect(await harness.ranked()).toEqual({ ann: 2, eve: 1, new: 5 });
    await harness.worker();
    await harness.drained();
    expect(await harness.differences()).toEqual([]);
  });

  it('mends what was damaged', async () => {
    await running(everyUser(10, (at) => at));
    await harness.redis.send(['DEL', `leaderboard:{ASIA}`]);
    await harness.redis.send(['HSET', userKey(harness.asia, 'user3'), 'score', '77']);
    await harness.redis.send(['DEL', userKey(harness.asia, 'user4')]);
    expect(await harness.differences()).not.toEqual([]);
    await recover(true);
    expect(await harness.differences()).toEqual([]);
  });
});

describe('recoveries', () => {
  it('at the same time: one does it, the others find it open', async () => {
    await running(everyUser(600, (at) => at));
    await harness.stopWorkers();
    await harness.redis.send(['FLUSHALL']);
    const reports = await Promise.all([recover(), recover(), recover()]);
    expect(reports.filter(({ alreadyOpen }) => !alreadyOpen)).toHaveLength(1);
    expect(await harness.differences()).toEqual([]);
  });

  it('raise the epoch above any that Redis has seen', async () => {
    await running();
    await harness.stopWorkers();
    await harness.redis.send(['HSET', shardKey(harness.asia), 'epoch', '41']);
    await recover();
    expect(await epoch()).toBe(42);
  });

  it('begin anew when Redis is emptied while they run', async () => {
    await running(everyUser(1200, (at) => at));
    await harness.stopWorkers();
    await harness.redis.send(['FLUSHALL']);
    let flushed: Promise<unknown> | undefined;
    const disturbed = recoverShard(
      {
        shard: harness.asia,
        shards: harness.config.topology.shards,
        redis: harness.redis,
        lock: recoveryLockOf(harness.databases),
        readWindows: () => harness.readWindows(),
        failpoint: noFailpoint,
        signal: new AbortController().signal,
        onProgress: () => {
          flushed ??= harness.redis.send(['FLUSHALL']);
        },
      },
      false,
    );
    await expect(disturbed).rejects.toThrow('SUPERSEDED');
    await flushed;
    await harness.worker();
    await harness.open();
    expect(await harness.differences()).toEqual([]);
  });

  it('let the other shards go on', async () => {
    await running();
    await harness.open(harness.global);
    await harness.redis.send(['HDEL', shardKey(harness.asia), 'epoch']);
    expect(await harness.write([{ userId: 'ann', value: 1 }], harness.global)).toEqual(['applied']);
    await harness.open();
  });
});

describe('a batch that was claimed before Redis was emptied', () => {
  it('and stored after the recovery reaches Redis, too', async () => {
    await running([{ userId: 'ann', value: 1 }]);
    await harness.stopWorkers();
    await harness.write([
      { userId: 'ann', operation: 'incr', value: 10 },
      { userId: 'bob', value: 7, key: 'key' },
    ]);
    const claim = await claimSlowly();
    await harness.redis.send(['FLUSHALL']);
    await harness.worker();
    await harness.open();
    expect(await harness.ranked()).toEqual({ ann: 1 });

    await slowStore().store(claim, new AbortController().signal);
    expect(await harness.stored()).toEqual({ ann: 11, bob: 7 });
    await until(async () => (await harness.ranked()).bob === 7);
    await harness.open();
    expect(await harness.differences()).toEqual([]);
    expect(Object.keys(await answers())).toEqual(['bob:key']);
  });

  it('is no reason to recover a Redis that had kept it', async () => {
    await running([{ userId: 'ann', value: 1 }]);
    await harness.stopWorkers();
    await harness.write([{ userId: 'ann', value: 2 }]);
    const claim = await claimSlowly();
    await harness.restartRedis();
    await recover();
    await slowStore().store(claim, new AbortController().signal);
    expect(await epoch()).toBe(claim.epoch + 1);
    expect(await harness.rows('SELECT restore_from FROM shards')).toEqual([{ restore_from: null }]);
    expect(await harness.differences()).toEqual([]);
  });
});

async function claimSlowly(): Promise<Claim> {
  const limits = { batchSize: 10, leaseMs: 1000, eventsMaxLength: 0 };
  const claim = await new ShardQueue(harness.asia, harness.redis, harness.redis, limits).claim('slow.0');
  if (!claim) throw new Error('nothing claimed');
  return claim;
}

function slowStore(): BatchStore {
  return new BatchStore({
    shard: harness.asia,
    shards: harness.config.topology.shards,
    pool: harness.postgres,
    metrics: new WorkerMetrics(new Registry()).of(harness.asia),
    logger: createLogger({ service: 'test', instance: 'test', level: 'silent' }),
    failpoint: noFailpoint,
    onLate: () => {},
  });
}
