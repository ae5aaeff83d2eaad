import { describe, expect, it } from 'vitest';
import { ConfigError } from '../config.js';
import { parseRegions } from './regions.js';
import { partitionOf, ShardMap } from './shards.js';

describe('ShardMap', () => {
  const map = new ShardMap(['ASIA', 'EU', 'GLOBAL'], 2);

  it('names partitions in the hash tag only when there are several', () => {
    expect(map.shards.map((shard) => shard.tag)).toEqual([
      'ASIA/0',
      'ASIA/1',
      'EU/0',
      'EU/1',
      'GLOBAL/0',
      'GLOBAL/1',
    ]);
    expect(new ShardMap(['GLOBAL'], 1).shards.map((shard) => shard.tag)).toEqual(['GLOBAL']);
  });

  it('reads a region from its own shards and GLOBAL from all', () => {
    expect(map.readSet('ASIA')).toHaveLength(2);
    expect(map.readSet('GLOBAL')).toHaveLength(6);
  });

  it('looks for a user in one partition of each region of the read', () => {
    const candidates = map.candidates('GLOBAL', 'alice');
    expect(candidates.map((shard) => shard.region)).toEqual(['ASIA', 'EU', 'GLOBAL']);
    expect(new Set(candidates.map((shard) => shard.partition)).size).toBe(1);
    expect(candidates).toContain(map.home('EU', 'alice'));
  });

  it('takes a region in any case', () => {
    expect(map.region('asia')).toBe('ASIA');
    expect(map.region('MARS')).toBeUndefined();
  });
});

describe('partitionOf', () => {
  it('never changes for a given id, because data lies there', () => {
    expect(['alice', 'bob', 'carol', 'user-1'].map((id) => partitionOf(id, 16))).toMatchInlineSnapshot(`
      [
        7,
        4,
        2,
        4,
      ]
    `);
  });

  it('spreads users evenly', () => {
    const counts = new Array<number>(8).fill(0);
    for (let user = 0; user < 8000; user += 1) {
      const partition = partitionOf(`user-${user}`, 8);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(800);
  });
});

describe('parseRegions', () => {
  it('upper-cases names', () => {
    expect(parseRegions('asia, Global')).toEqual(['ASIA', 'GLOBAL']);
  });

  it.each(['', 'ASIA', 'ASIA,ASIA,GLOBAL', 'A:B,GLOBAL', '{X},GLOBAL'])(
    'refuses "%s", naming REGIONS',
    (list) => {
      expect(() => parseRegions(list)).toThrow(ConfigError);
      expect(() => parseRegions(list)).toThrow(/^REGIONS /);
    },
  );
});
