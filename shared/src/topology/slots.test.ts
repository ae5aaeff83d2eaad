import { describe, expect, it } from 'vitest';
import * as keys from './keys.js';
import { ShardMap } from './shards.js';
import { slotOf } from './slots.js';

describe('slotOf', () => {
  // From the specification of Redis Cluster, and CLUSTER KEYSLOT.
  it.each([
    ['123456789', 12_739],
    ['foo', 12_182],
    ['{user1000}.following', 3_443],
    ['user1000', 3_443],
    ['foo{}{bar}', 8_363],
    ['foo{{bar}}zap', 4_015],
  ])('of %s is %i', (key, slot) => {
    expect(slotOf(key)).toBe(slot);
  });

  it('is the same for all keys of a shard, and for what scripts make of their prefixes', () => {
    for (const shard of new ShardMap(['ASIA', 'GLOBAL'], 2).shards) {
      const all = [
        keys.shardKey(shard),
        keys.boardKey(shard),
        keys.boardKey(shard, 'chess', 'weekly-2026-01-05'),
        keys.hiddenBoardKey(shard, 'chess'),
        keys.dueKey(shard),
        keys.gamesKey(shard),
        keys.gameNamesKey(shard),
        keys.gameLeaseKey(shard, 'chess'),
        keys.rulesKey(shard),
        keys.userKey(shard, '{alice}'),
        keys.accountKey(shard, 'alice'),
        keys.answersKey(shard),
        keys.queueKey(shard),
        keys.processingKey(shard, 'worker'),
        keys.deadKey(shard),
        keys.workersKey(shard),
        keys.eventsKey(shard),
      ];
      expect(new Set(all.map(slotOf))).toEqual(new Set([slotOf(shard.tag)]));
    }
  });
});
