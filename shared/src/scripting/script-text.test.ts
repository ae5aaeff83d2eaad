import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ShardMap } from '../topology/shards.js';
import { fencedHash, fencedText } from './script-text.js';

const [asia, global] = new ShardMap(['ASIA', 'GLOBAL'], 1).shards;
if (!asia || !global) throw new Error('no shards');

describe('a script of a shard', () => {
  it('is another one for each shard and each epoch', () => {
    const hashes = [fencedHash('write-scores', asia, 1), fencedHash('write-scores', asia, 2)];
    expect(new Set([...hashes, fencedHash('write-scores', global, 1)]).size).toBe(3);
  });

  it('begins with its flags, then its epoch', () => {
    expect(fencedText('read-slices', asia, 7).split('\n', 2)).toEqual([
      '#!lua flags=no-writes',
      "local EPOCH = '7' -- of ASIA, partitions: 1",
    ]);
  });
});

describe('a script of a shard in layouts of different numbers of partitions', () => {
  it('is never the same, even where the shards bear the same name', () => {
    const [two] = new ShardMap(['GLOBAL'], 2).shards;
    const [four] = new ShardMap(['GLOBAL'], 4).shards;
    if (!two || !four) throw new Error('no shards');
    expect(two.tag).toBe(four.tag);
    expect(fencedHash('write-scores', two, 1)).not.toBe(fencedHash('write-scores', four, 1));
  });
});

describe('every script', () => {
  const folders = ['../../lua/', '../../../worker-service/lua/'].map(
    (path) => new URL(path, import.meta.url),
  );
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.lua'))
      .map((name) => [name, new URL(name, folder)] as const),
  );

  // Redis then refuses a script that touches keys of several slots, on one server as in a cluster.
  it.each(files)('%s is held to one slot by Redis', (_, file) => {
    const [first = ''] = readFileSync(file, 'utf8').split('\n', 1);
    expect(first).toMatch(/^#!lua( |$)/);
    expect(first).not.toContain('allow-cross-slot-keys');
  });
});
