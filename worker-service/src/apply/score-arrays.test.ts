import { ShardMap } from '@leaderboard/shared/topology/shards';
import { describe, expect, it } from 'vitest';
import { readBatch } from './batch.js';
import { scoreArrays } from './score-arrays.js';

const shards = new ShardMap(['ASIA'], 1);
const asia = shards.home('ASIA', 'ann');
const plain = {
  event_id: 'event',
  game: 'default',
  user_id: 'ann',
  region: 'ASIA',
  op: 'set',
  value: -1,
  request_id: '',
  version: 7,
  name: 'Ann, {Lee}',
  score: -1,
  achieved_at: 7,
  timestamp: 1,
};
const odd = { ...plain, name: 'a"b\\c', op: 'remove', value: null, score: null, retry: 'hash null 1' };

describe('scores as arrays', () => {
  it('have an element for each message, NULL for what it leaves out', () => {
    const items = [plain, odd].map((message) => JSON.stringify(message));
    const { entries } = readBatch(items, asia, shards);
    expect(entries.map(({ message }) => message === undefined)).toEqual([true, false]);
    expect(scoreArrays(entries)).toEqual([
      '{"event","event"}',
      '{"default","default"}',
      '{"ann","ann"}',
      '{"ASIA","ASIA"}',
      '{"set","remove"}',
      '{"-1",NULL}',
      '{"",""}',
      '{"7","7"}',
      '{"Ann, {Lee}","a\\"b\\\\c"}',
      '{"-1",NULL}',
      '{"7","7"}',
      '{"1","1"}',
      '{NULL,"hash null 1"}',
    ]);
  });
});
