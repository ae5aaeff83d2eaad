import { describe, expect, it } from 'vitest';
import { percentileOf } from './percentile.js';

describe('percentileOf', () => {
  it.each([
    [1, 1, 0],
    [1, 100, 99],
    [100, 100, 0],
    [1, 3, 66.66],
    [2, 3, 33.33],
    [14_290, 20_000, 28.55],
  ])('rank %d of %d stands before %d %%', (rank, total, percentile) => {
    expect(percentileOf(rank, total)).toBe(percentile);
  });
});
