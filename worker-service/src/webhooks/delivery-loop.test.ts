import { describe, expect, it } from 'vitest';
import { waitAfter } from './delivery-loop.js';

describe('the wait before the next attempt', () => {
  it('doubles, up to an hour', () => {
    const waits = [1, 2, 3, 12, 13, 1_000].map((attempts) => waitAfter(attempts, 1_000, 1));
    expect(waits).toEqual([1_000, 2_000, 4_000, 2_048_000, 3_600_000, 3_600_000]);
  });

  it('is jittered by up to half', () => {
    expect(waitAfter(3, 1_000, 0)).toBe(2_000);
    expect(waitAfter(3, 1_000, 0.5)).toBe(3_000);
  });
});
