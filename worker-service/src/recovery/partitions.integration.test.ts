import { queueKey } from '@leaderboard/shared/topology/keys';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Harness } from '../testing/harness.js';

let harness: Harness;

beforeAll(async () => {
  harness = await Harness.start({ PARTITIONS: '3' });
});
afterAll(() => harness.close());

it('partitions of a region share its database and are restored each with its own users', async () => {
  const { shards } = harness.config.topology;
  const partitions = shards.shards.filter(({ region }) => region === 'ASIA');
  await harness.worker();
  for (const shard of partitions) await harness.open(shard);
  const users = Array.from({ length: 90 }, (_, at) => `user${at}`);
  for (const shard of partitions) {
    const own = users.filter((userId) => shards.home('ASIA', userId) === shard);
    expect(own.length).toBeGreaterThan(0);
    await harness.write(
      own.map((userId, at) => ({ userId, value: at })),
      shard,
    );
    await harness.drained(shard);
  }
  expect(await harness.rows('SELECT count(*)::int AS count FROM leaderboard')).toEqual([{ count: 90 }]);

  await harness.redis.send(['FLUSHALL']);
  for (const shard of partitions) {
    await harness.open(shard);
    expect(await harness.differences(shard)).toEqual([]);
    expect(await harness.redis.send(['LLEN', queueKey(shard)])).toBe(0);
  }
});
