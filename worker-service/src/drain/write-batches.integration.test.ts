import { boardKey, queueKey, rulesKey, userKey } from '@leaderboard/shared/topology/keys';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Harness } from '../testing/harness.js';

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

async function waitingFor(): Promise<string[]> {
  const items = (await harness.redis.send(['LRANGE', queueKey(harness.asia), '0', '-1'])) as string[];
  return items.map((item) => JSON.parse(item).user_id).reverse();
}

describe('a batch of writes with one that meets a damaged key', () => {
  beforeEach(() => harness.stopWorkers());

  it('is written without the one whose user is damaged', async () => {
    await harness.redis.send(['SET', userKey(harness.asia, 'bob'), 'no hash']);
    const codes = await harness.write(
      ['ann', 'bob', 'cid', 'bob', 'dan'].map((userId) => ({ userId, value: 1 })),
    );
    expect(codes).toEqual(['applied', 'failed', 'applied', 'failed', 'applied']);
    expect(await waitingFor()).toEqual(['ann', 'cid', 'dan']);
    expect(await harness.ranked()).toEqual({ ann: 1, cid: 1, dan: 1 });
  });

  it('is written without those whose board is damaged', async () => {
    await harness.redis.send(['SET', boardKey(harness.asia, 'race'), 'no board']);
    const codes = await harness.write([
      { userId: 'ann', value: 1 },
      { userId: 'bob', value: 2, game: 'race' },
      { userId: 'cid', value: 3 },
      { userId: 'dan', value: 4, game: 'race' },
    ]);
    expect(codes).toEqual(['applied', 'failed', 'applied', 'failed']);
    expect(await waitingFor()).toEqual(['ann', 'cid']);
    expect(await harness.ranked()).toEqual({ ann: 1, cid: 3 });
  });
});

describe('a batch of writes with some that are refused', () => {
  beforeEach(() => harness.stopWorkers());

  it('tells each why, and applies the others', async () => {
    const overall = { rules: 'set:desc:overall', value: 2 ** 53 - 1 };
    const codes = await harness.write([
      { userId: 'ann', game: 'race', ...overall },
      { userId: 'ann', game: 'quiz', ...overall },
      { userId: 'bob', operation: 'remove' },
      { userId: 'cid', value: 1, happenedAtMs: 0 },
      { userId: 'dan', game: 'race', value: 1, rules: 'best:asc' },
      { userId: 'eve', value: 5 },
    ]);
    expect(codes).toEqual([
      'applied',
      'score_out_of_range',
      'not_ranked',
      'timestamp_out_of_range',
      'rules_changed',
      'applied',
    ]);
    expect(await waitingFor()).toEqual(['ann', 'eve']);
  });
});

describe('a batch of first writes under different rules', () => {
  it('takes those under the rules of the first alone', async () => {
    const codes = await harness.write([
      { userId: 'ann', value: 1, game: 'race', rules: 'best:asc' },
      { userId: 'bob', value: 2, game: 'race', rules: 'best:desc' },
      { userId: 'cid', value: 3, game: 'race', rules: 'best:asc' },
    ]);
    expect(codes).toEqual(['applied', 'rules_changed', 'applied']);
    expect(await harness.redis.send(['HGET', rulesKey(harness.asia), 'race'])).toBe('best:asc');
  });
});
