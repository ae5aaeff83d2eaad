import { ShardMap } from '@leaderboard/shared/topology/shards';
import { describe, expect, it } from 'vitest';
import { publicEvent, readBatch } from './batch.js';

const shards = new ShardMap(['ASIA', 'GLOBAL'], 2);
const asia = shards.home('ASIA', 'ann');
const otherPartition = shards.shards.find((shard) => shard.region === 'ASIA' && shard !== asia) ?? asia;

const score = {
  event_id: 'event',
  version: 1,
  game: 'default',
  user_id: 'ann',
  name: 'Ann',
  region: 'ASIA',
  op: 'set',
  value: 1,
  score: 1,
  achieved_at: 1,
  timestamp: 1,
};
/** In the order in which the write script makes it. */
const plain = {
  event_id: 'event',
  game: 'default',
  user_id: 'ann',
  region: 'ASIA',
  op: 'set',
  value: 1,
  request_id: 'request',
  version: 7,
  name: 'Ann',
  score: 1,
  achieved_at: 7,
  timestamp: 1,
};
const account = {
  event_id: 'event',
  version: 1,
  user_id: 'ann',
  name: 'Ann',
  region: 'ASIA',
  op: 'account',
  password_hash: '$2b$10$hash',
  timestamp: 1,
};

const game = {
  event_id: 'event',
  version: 1,
  game: 'race',
  op: 'game',
  definition: { operator: 'best', order: 'asc' },
  timestamp: 1,
};

const reasons = (item: string, shard = asia) =>
  readBatch([item], shard, shards).refused.map(({ reason }) => reason);

describe('reading a batch', () => {
  it('takes messages of its shard, their text unchanged', () => {
    const item = ` ${JSON.stringify(score)} `;
    expect(readBatch([item], asia, shards)).toEqual({
      entries: [{ item, at: 0, version: 1, message: score }],
      refused: [],
    });
  });

  it('says where each stands among the others', () => {
    const { entries, refused } = readBatch([JSON.stringify(score), '{', JSON.stringify(plain)], asia, shards);
    expect(entries.map(({ at, version }) => [at, version])).toEqual([
      [0, 1],
      [2, 7],
    ]);
    expect(refused.map(({ at }) => at)).toEqual([1]);
  });

  it('takes what is recognised by its text as it is', () => {
    const item = JSON.stringify(plain);
    expect(readBatch([item], asia, shards).entries).toMatchObject([
      { item, at: 0, version: 7, message: undefined },
    ]);
    expect(publicEvent({ item, message: undefined })).toBe(item);
  });

  it.each([
    ['{', 'not JSON'],
    ['null', 'not a queue message'],
    [JSON.stringify({ ...score, score: 1.5 }), 'not a queue message'],
    [JSON.stringify({ ...score, region: 'MARS' }), 'belongs to another shard'],
    [JSON.stringify({ ...score, region: 'asia' }), 'belongs to another shard'],
    [JSON.stringify({ ...score, region: 'GLOBAL' }), 'belongs to another shard'],
    [JSON.stringify(account), 'belongs to another shard'],
  ])('refuses %s', (item, reason) => {
    expect(reasons(item)).toEqual([reason]);
  });

  it('refuses a user of another partition', () => {
    expect(reasons(JSON.stringify(score), otherPartition)).toEqual(['belongs to another shard']);
    expect(reasons(JSON.stringify(plain), otherPartition)).toEqual(['belongs to another shard']);
    expect(reasons(JSON.stringify({ ...plain, region: 'GLOBAL' }))).toEqual(['belongs to another shard']);
  });

  it('takes accounts of any region in a shard of GLOBAL', () => {
    expect(reasons(JSON.stringify(account), shards.account('ann'))).toEqual([]);
  });

  it('takes games in the first shard of GLOBAL only', () => {
    expect(reasons(JSON.stringify(game), shards.games)).toEqual([]);
    expect(reasons(JSON.stringify(game))).toEqual(['belongs to another shard']);
  });
});

describe('the public event', () => {
  it('is the message as it stood', () => {
    const item = JSON.stringify(score);
    expect(publicEvent({ item, message: score as never })).toBe(item);
  });

  it('has no stored answer', () => {
    const retry = 'hash null 1';
    const message = { ...score, retry, idempotency: { request_hash: 'hash', answer: '[]' } };
    const event = publicEvent({ item: JSON.stringify(message), message: message as never });
    expect(JSON.parse(event ?? '')).toEqual(score);
    const item = JSON.stringify({ ...plain, retry });
    expect(publicEvent({ item, message: undefined })).toBe(JSON.stringify(plain));
  });

  it.each([account, game])('is not made of an account or a game', (message) => {
    expect(publicEvent({ item: JSON.stringify(message), message: message as never })).toBeUndefined();
  });
});
