import { describe, expect, it } from 'vitest';
import { Batcher } from './batcher.js';

const limits = { maxItems: 3, maxInFlight: 1 };

describe('Batcher', () => {
  it('makes one call of what is added in one turn, up to the limit', async () => {
    const batches: number[][] = [];
    const batcher = new Batcher(async (items: number[]) => {
      batches.push(items);
      return items.map((item) => item * 10);
    }, limits);
    const results = await Promise.all([1, 2, 3, 4].map((item) => batcher.add(item)));
    expect(results).toEqual([10, 20, 30, 40]);
    expect(batches).toEqual([[1, 2, 3], [4]]);
  });

  it('lets what arrives while all slots are busy leave together', async () => {
    const batches: number[][] = [];
    const releases: (() => void)[] = [];
    const batcher = new Batcher(async (items: number[]) => {
      batches.push(items);
      await new Promise<void>((resolve) => releases.push(resolve));
      return items;
    }, limits);
    const first = batcher.add(1);
    await new Promise(setImmediate);
    const others = [batcher.add(2), batcher.add(3)];
    await new Promise(setImmediate);
    expect(batches).toEqual([[1]]);
    releases.shift()?.();
    await first;
    await new Promise(setImmediate);
    expect(batches).toEqual([[1], [2, 3]]);
    releases.shift()?.();
    await Promise.all(others);
  });

  it('fails the calls of a failed batch and goes on with the next', async () => {
    let failing = true;
    const batcher = new Batcher(async (items: number[]) => {
      if (failing) throw new Error('lost');
      return items;
    }, limits);
    await expect(batcher.add(1)).rejects.toThrow('lost');
    failing = false;
    await expect(batcher.add(2)).resolves.toBe(2);
  });

  it('makes smaller calls of what is heavier', async () => {
    const batches: number[][] = [];
    const run = async (items: number[]) => {
      batches.push(items);
      return items;
    };
    const batcher = new Batcher(run, { ...limits, weightOf: (item) => item });
    await Promise.all([1, 2, 2, 9, 1].map((item) => batcher.add(item)));
    expect(batches).toEqual([[1, 2], [2], [9], [1]]);
  });

  it('keeps together what was added together, and gives each call its own results', async () => {
    const batches: number[][] = [];
    const batcher = new Batcher(async (items: number[]) => {
      batches.push(items);
      return items.map((item) => item * 10);
    }, limits);
    const results = await Promise.all([batcher.addAll([1, 2]), batcher.addAll([3, 4]), batcher.add(5)]);
    expect(results).toEqual([[10, 20], [30, 40], 50]);
    expect(batches).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
  });
});
