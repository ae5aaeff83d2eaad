import { recognisePlainScore } from '@leaderboard/shared/contracts/plain-score';
import { deadKey, eventsKey, processingKey, queueKey, workersKey } from '@leaderboard/shared/topology/keys';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readQueueFigures } from '../redis/queue-figures.js';
import { Harness, until } from '../testing/harness.js';
import { ShardQueue } from './shard-queue.js';

let harness: Harness;

beforeAll(async () => {
  harness = await Harness.start();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

const limits = { batchSize: 1000, leaseMs: 300, eventsMaxLength: 1000 };
const otherWorker = () => new ShardQueue(harness.asia, harness.redis, harness.redis, limits);

function message(fields: Record<string, unknown>): string {
  return JSON.stringify({
    event_id: 'event',
    version: 1_000,
    game: 'default',
    user_id: 'ann',
    name: 'Ann',
    region: 'ASIA',
    op: 'set',
    value: 1,
    score: 1,
    achieved_at: 1_000,
    timestamp: 1,
    request_id: 'request',
    ...fields,
  });
}

async function deadLetters(): Promise<{ item: string; reason: string; failed_at: string }[]> {
  const letters = (await harness.redis.send(['LRANGE', deadKey(harness.asia), '0', '-1'])) as string[];
  return letters.map((letter) => JSON.parse(letter)).reverse();
}

/** The first claim of a worker that will never finish it. */
async function claimAndDie(): Promise<ShardQueue> {
  const dead = otherWorker();
  await harness.worker();
  await harness.open();
  await harness.stopWorkers();
  await harness.write([{ userId: 'ann', value: 7 }]);
  const claim = await dead.claim('dead.0');
  expect(claim?.items).toHaveLength(1);
  return dead;
}

describe('draining', () => {
  it('brings an accepted score to Postgres, exact to the microsecond', async () => {
    await harness.worker();
    await harness.open();
    await harness.write([{ userId: 'ann', value: -9007199254740991, name: 'Ann 🦊' }]);
    await harness.drained();
    expect(await harness.stored()).toEqual({ ann: -9007199254740991 });
    expect(await harness.differences()).toEqual([]);
  });

  it('keeps each event of a user in the history and the newest on the board', async () => {
    await harness.worker();
    await harness.open();
    await harness.write([1, 2, 3].map((value) => ({ userId: 'ann', operation: 'incr' as const, value })));
    await harness.drained();
    expect(await harness.stored()).toEqual({ ann: 6 });
    const history = await harness.rows<{ value: string; score: string }>(
      'SELECT value, score FROM score_events ORDER BY version',
    );
    expect(history.map(({ value, score }) => [Number(value), Number(score)])).toEqual([
      [1, 1],
      [2, 3],
      [3, 6],
    ]);
  });

  it('ignores a message that is older than what is stored, and one that comes twice', async () => {
    await harness.worker();
    await harness.open();
    const newer = message({ event_id: 'b', version: 2_000, score: 2 });
    await harness.push(newer);
    await harness.drained();
    await harness.push(message({ event_id: 'a', version: 1_000, score: 1 }), newer);
    await harness.drained();
    expect(await harness.stored()).toEqual({ ann: 2 });
    expect(await harness.rows('SELECT event_id FROM score_events ORDER BY version')).toEqual([
      { event_id: 'a' },
      { event_id: 'b' },
    ]);
  });

  it('stores a batch in which something comes twice', async () => {
    await harness.worker();
    await harness.open();
    await harness.stopWorkers();
    const one = message({ event_id: 'a', version: 1_000, score: 1 });
    await harness.push(one, message({ event_id: 'b', version: 2_000, score: 2 }), one);
    await harness.worker();
    await harness.drained();
    expect(await harness.stored()).toEqual({ ann: 2 });
    expect(await harness.rows('SELECT event_id FROM score_events ORDER BY version')).toEqual([
      { event_id: 'a' },
      { event_id: 'b' },
    ]);
    expect(await deadLetters()).toEqual([]);
  });

  it('recognises by their text what most writes are', async () => {
    await harness.worker();
    await harness.open();
    await harness.stopWorkers();
    await harness.write([{ userId: 'ann', value: 5 }]);
    await harness.write([{ userId: 'ann', value: 7, operation: 'best' }]);
    const items = (await harness.redis.send(['LRANGE', queueKey(harness.asia), '0', '-1'])) as string[];
    const [, newest] = items.map(recognisePlainScore).reverse();
    expect(newest).toMatchObject({ userId: 'ann', region: 'ASIA' });
  });

  it('keeps a removal as a tombstone that a late message does not undo', async () => {
    await harness.worker();
    await harness.open();
    await harness.write([{ userId: 'ann', value: 5 }]);
    await harness.drained();
    await harness.write([{ userId: 'ann', operation: 'remove' }]);
    await harness.drained();
    await harness.push(message({ event_id: 'late' }));
    await harness.drained();
    expect(await harness.stored()).toEqual({ ann: null });
    expect(await harness.differences()).toEqual([]);
  });

  it('stores accounts in the database of GLOBAL', async () => {
    await harness.worker();
    await harness.open(harness.global);
    await harness.register('ann', 'ASIA', '$2b$10$hash');
    await harness.drained(harness.global);
    const { rows } = await harness.databases
      .ofRegion('GLOBAL')
      .query('SELECT user_id, region, removed FROM accounts');
    expect(rows).toEqual([{ user_id: 'ann', region: 'ASIA', removed: false }]);
    expect(await harness.differences(harness.global)).toEqual([]);
  });

  it('drains a backlog that is many batches long', async () => {
    await harness.worker();
    await harness.open();
    await harness.stopWorkers();
    const writes = Array.from({ length: 500 }, (_, at) => ({ userId: `user${at}`, value: at }));
    for (let round = 0; round < 5; round += 1) await harness.write(writes);
    await harness.worker({ BATCH_SIZE: '100' });
    await harness.drained();
    expect(await harness.rows('SELECT count(*)::int AS count FROM score_events')).toEqual([{ count: 2500 }]);
    expect(await harness.differences()).toEqual([]);
  });

  it('goes on at maxmemory', async () => {
    await harness.worker();
    await harness.open();
    await harness.stopWorkers();
    await harness.write(Array.from({ length: 300 }, (_, at) => ({ userId: `user${at}`, value: at })));
    await harness.redis.send(['CONFIG', 'SET', 'maxmemory', '1mb']);
    await expect(harness.write([{ userId: 'ann' }])).rejects.toMatchObject({ code: 'OOM' });
    await harness.worker({ BATCH_SIZE: '50' });
    await harness.drained();
    expect(await harness.rows('SELECT count(*)::int AS count FROM leaderboard')).toEqual([{ count: 300 }]);
  });
});

describe('poison', () => {
  it('is parked with its reason while its neighbours land', async () => {
    await harness.worker();
    await harness.open();
    await harness.stopWorkers();
    const poison = [
      'not json',
      message({ event_id: 'too large', score: 2 ** 70 }),
      message({ event_id: 'elsewhere', region: 'GLOBAL' }),
      message({ event_id: 'nul', request_id: 'a\0b' }),
    ];
    await harness.write([{ userId: 'before', value: 1 }]);
    await harness.push(...poison);
    await harness.write([{ userId: 'after', value: 2 }]);
    await harness.worker();
    await harness.drained();

    expect(await harness.stored()).toEqual({ before: 1, after: 2 });
    const letters = await deadLetters();
    expect(letters.map(({ item }) => item).sort()).toEqual([...poison].sort());
    for (const letter of letters) expect(letter).toMatchObject({ reason: /./, failed_at: /^\d{4}-/ });
    const rows = await harness.rows<{ item: Buffer }>('SELECT item FROM dead_letters');
    expect(rows.map(({ item }) => item.toString()).sort()).toEqual([...poison].sort());
  });

  it('does not reach the event stream', async () => {
    await harness.worker();
    await harness.open();
    await harness.push('not json');
    await harness.write([{ userId: 'ann', value: 1, eventId: 'good' }]);
    await harness.drained();
    expect((await events()).map(({ event_id }) => event_id)).toEqual(['good']);
  });
});

async function events(): Promise<Record<string, unknown>[]> {
  const entries = (await harness.redis.send(['XRANGE', eventsKey(harness.asia), '-', '+'])) as [
    string,
    string[],
  ][];
  return entries.map(([, fields]) => JSON.parse(fields[1] ?? ''));
}

describe('the event stream', () => {
  it('has each committed event once, in order, without what answers its retry', async () => {
    await harness.worker();
    await harness.open();
    await harness.write([
      { userId: 'ann', value: 1, eventId: 'one' },
      { userId: 'ann', value: 2, key: 'two' },
      { userId: 'bob', value: 3, eventId: 'three' },
    ]);
    await harness.drained();
    const told = await events();
    expect(told.map(({ event_id }) => event_id)).toEqual(['one', 'two', 'three']);
    expect(told[1]).toMatchObject({ user_id: 'ann', score: 2, op: 'set' });
    expect(told[1]).not.toHaveProperty('retry');
  });

  it('is told of what Redis had lost before its ack', async () => {
    const queue = await claimAndDie();
    const claim = await queue.claim('dead.0');
    if (!claim) throw new Error('no claim');
    const items = [...claim.items, message({ event_id: 'second' }), message({ event_id: 'third' })];
    await harness.redis.send(['DEL', processingKey(harness.asia, 'dead.0')]);
    const toldOtherwise = new Map([
      [1, ''],
      [2, '{"event_id":"public"}'],
    ]);
    // Its epoch is not the one at which the claim was made: Redis has been restored since.
    const held = await queue.ack({ ...claim, epoch: claim.epoch - 1, items }, { dead: [], toldOtherwise });
    expect(held).toBe(true);
    const [first = {}, ...others] = await events();
    expect(first).toMatchObject({ user_id: 'ann', score: 7 });
    expect(others).toEqual([{ event_id: 'public' }]);
  });

  it('never has accounts', async () => {
    await harness.worker();
    await harness.open(harness.global);
    await harness.register('ann', 'ASIA', '$2b$10$hash');
    await harness.drained(harness.global);
    expect(await harness.redis.send(['EXISTS', eventsKey(harness.global)])).toBe(0);
  });

  it('is trimmed', async () => {
    await harness.worker({ EVENTS_MAX_LENGTH: '100' });
    await harness.open();
    for (let round = 0; round < 10; round += 1) {
      await harness.write(Array.from({ length: 100 }, (_, at) => ({ userId: `user${at}`, value: round })));
    }
    await harness.drained();
    // Redis trims whole nodes of about a hundred entries.
    expect(Number(await harness.redis.send(['XLEN', eventsKey(harness.asia)]))).toBeLessThan(300);
  });
});

describe('several workers', () => {
  it('take over what a dead one had claimed, when its lease has ended', async () => {
    await claimAndDie();
    await harness.worker();
    await harness.drained();
    expect(await harness.stored()).toEqual({ ann: 7 });
    expect(await harness.redis.send(['EXISTS', processingKey(harness.asia, 'dead.0')])).toBe(0);
    expect(await harness.redis.send(['ZCARD', workersKey(harness.asia)])).toBe(0);
  });

  it('leave a claim alone whose lease is renewed', async () => {
    const slow = await claimAndDie();
    await slow.renew(['dead.0']);
    const other = await otherWorker().claim('other.0');
    expect(other?.items).toEqual([]);
  });

  it('do not lose anything to the late ack of one that was frozen', async () => {
    const frozen = await claimAndDie();
    await until(async () => ((await otherWorker().claim('other.0'))?.items.length ?? 0) > 0);
    const late = { name: 'dead.0', epoch: 1, items: ['{"event_id":"late"}'] };
    const acked = await frozen.ack(late, { dead: [], toldOtherwise: new Map() });
    expect(acked).toBe(false);
    expect(await harness.redis.send(['LLEN', processingKey(harness.asia, 'other.0')])).toBe(1);
    expect(await events()).toEqual([]);
  });

  it('answer a repeated claim with the same items', async () => {
    const queue = await claimAndDie();
    await harness.write([{ userId: 'bob', value: 1 }]);
    const again = await queue.claim('dead.0');
    expect(again?.items.map((item) => JSON.parse(item).user_id)).toEqual(['ann']);
  });

  it('share one queue and store each event once', async () => {
    await Promise.all([harness.worker({ BATCH_SIZE: '20' }), harness.worker({ BATCH_SIZE: '20' })]);
    await harness.open();
    for (let round = 0; round < 20; round += 1) {
      await harness.write(
        Array.from({ length: 100 }, (_, at) => ({
          userId: `user${at}`,
          operation: 'incr' as const,
          value: 1,
        })),
      );
    }
    await harness.drained();
    expect(await harness.rows('SELECT count(*)::int AS count FROM score_events')).toEqual([{ count: 2000 }]);
    expect(new Set(Object.values(await harness.stored()))).toEqual(new Set([20]));
    expect(await harness.differences()).toEqual([]);
  });
});

describe('a stop', () => {
  it('gives a batch back at once that cannot be stored', async () => {
    await harness.worker({ LEASE_MS: '600000' });
    await harness.open();
    const locker = await harness.databases.connect('ASIA', {});
    await locker.query('BEGIN; LOCK TABLE leaderboard IN ACCESS EXCLUSIVE MODE');
    await harness.write([{ userId: 'ann', value: 3 }]);
    await until(async () => (await readQueueFigures(harness.asia, harness.redis)).inFlight === 1);
    const stopped = harness.stopWorkers();
    await locker.query('SELECT pg_sleep(6)');
    await locker.query('ROLLBACK');
    await locker.end();
    await stopped;
    await harness.worker({ LEASE_MS: '600000' });
    await harness.drained();
    expect(await harness.stored()).toEqual({ ann: 3 });
  });
});

describe('Postgres in trouble', () => {
  it('stopped and started again: nothing is lost and nothing parked', async () => {
    await harness.worker();
    await harness.open();
    await harness.postgresServer.process.stop();
    const codes = await harness.write([{ userId: 'ann', value: 1 }]);
    expect(codes).toEqual(['applied']);
    await harness.postgresServer.process.start();
    await harness.drained();
    expect(await harness.stored()).toEqual({ ann: 1 });
    expect(await deadLetters()).toEqual([]);
  });

  it('out of disk space: the batch waits and is not parked', async () => {
    await harness.worker();
    await harness.open();
    await harness.postgres.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON leaderboard EXECUTE FUNCTION refuse()`);
    await harness.write([{ userId: 'ann', value: 1 }]);
    await until(async () => (await readQueueFigures(harness.asia, harness.redis)).inFlight === 1);
    await harness.postgres.query('DROP FUNCTION refuse CASCADE');
    await harness.drained();
    expect(await harness.stored()).toEqual({ ann: 1 });
    expect(await deadLetters()).toEqual([]);
  });

  it('idle connections killed: the process goes on', async () => {
    await harness.worker();
    await harness.open();
    await harness.write([{ userId: 'ann', value: 1 }]);
    await harness.drained();
    await harness.postgres.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL',
    );
    await harness.write([{ userId: 'ann', value: 2 }]);
    await harness.drained();
    expect(await harness.stored()).toEqual({ ann: 2 });
  });
});

describe('metrics', () => {
  it('tell how far the queue is and how long a write took to be durable', async () => {
    const worker = await harness.worker();
    await harness.open();
    await harness.write([{ userId: 'ann', value: 1 }]);
    await harness.drained();
    const text = await worker.registry.metrics();
    expect(text).toContain('worker_queue_depth{shard="ASIA"} 0');
    expect(text).toContain('worker_shard_open{shard="ASIA"} 1');
    expect(text).toContain('worker_stored_items_total{shard="ASIA"} 1');
    expect(text).toContain('worker_durable_lag_seconds_count{shard="ASIA"} 1');
    expect(await harness.redis.send(['LLEN', queueKey(harness.asia)])).toBe(0);
  });
});
