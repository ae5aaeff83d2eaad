import { describe, expect, it } from 'vitest';
import { ShardMap } from '../topology/shards.js';
import { type ScoreWrite, writeScoresArguments } from './write-scores.js';

const [asia] = new ShardMap(['ASIA'], 1).shards;
if (!asia) throw new Error('no shards');
const shard = asia;

const settings = {
  queueMax: 0,
  userWritesPerSecond: 0,
  userWritesBurst: 1,
  shardWritesPerSecond: 0,
  idempotencyTtlMs: 1,
  bucketSeconds: 3600,
  maxLatenessMs: 0,
};

const write: ScoreWrite = {
  eventId: 'event\0id',
  userId: 'ann',
  name: undefined,
  newName: 'Ann',
  game: {
    game: 'default',
    rules: 'best:desc',
    leastScore: -1,
    greatestScore: 1,
    greatestDelta: 1,
    windows: '',
  },
  operation: 'best',
  value: 1,
  limited: false,
  idempotency: undefined,
  requestId: 'request',
};

const textsOf = (writes: readonly ScoreWrite[]) =>
  writeScoresArguments(shard, settings, writes).map((texts) => texts.split('\0').length - 1);

describe('the arguments of the write script', () => {
  it('are 10 texts, then 6 for each game, then 12 for each write, then 1 for each key', () => {
    const keyed = { ...write, userId: 'bob', idempotency: { key: 'key', requestHash: 'hash' } };
    expect(textsOf([write, keyed, keyed])).toEqual([10, 6, 36, 2]);
  });

  it.each([
    { userId: 'a\0b' },
    { name: 'a\0b' },
    { newName: 'a\0b' },
    { idempotency: { key: 'a\0b', requestHash: 'hash' } },
  ])('are refused with a zero byte in %j, which would shift what follows', (part) => {
    expect(() => textsOf([{ ...write, ...part }])).toThrow(TypeError);
  });
});
