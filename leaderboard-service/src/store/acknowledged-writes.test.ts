import { ShardMap } from '@leaderboard/shared/topology/shards';
import { describe, expect, it } from 'vitest';
import { AcknowledgedWrites } from './acknowledged-writes.js';

const [shard] = new ShardMap(['GLOBAL'], 1).shards;
if (!shard) throw new Error('no shard');

describe('AcknowledgedWrites', () => {
  it('counts the writes above the floor, within a batch too', () => {
    const writes = new AcknowledgedWrites(100);
    writes.record(shard, 103, 3); // 101, 102, 103
    writes.record(shard, 250, 2); // 249, 250
    expect(writes.takeLostAbove(shard, 102)).toBe(3);
  });

  it('counts nothing that was found', () => {
    const writes = new AcknowledgedWrites(100);
    writes.record(shard, 103, 3);
    expect(writes.takeLostAbove(shard, 103)).toBe(0);
  });

  it('counts each write once', () => {
    const writes = new AcknowledgedWrites(100);
    writes.record(shard, 103, 3);
    expect(writes.takeLostAbove(shard, 0)).toBe(3);
    expect(writes.takeLostAbove(shard, 0)).toBe(0);
  });

  it('remembers at least as many as asked for and not for ever', () => {
    const writes = new AcknowledgedWrites(10);
    for (let version = 1; version <= 1000; version += 1) writes.record(shard, version, 1);
    const lost = writes.takeLostAbove(shard, 0);
    expect(lost).toBeGreaterThanOrEqual(10);
    expect(lost).toBeLessThanOrEqual(20);
  });
});
