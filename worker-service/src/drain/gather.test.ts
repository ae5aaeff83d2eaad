import { describe, expect, it } from 'vitest';
import { gatherMs } from './gather.js';

describe('gathering', () => {
  it('is short after a few events, and five times as long while they come steadily', () => {
    expect([1, 9, 10, 999].map((items) => gatherMs(items, 20))).toEqual([20, 20, 100, 100]);
  });

  it('is switched off by 0', () => {
    expect(gatherMs(500, 0)).toBe(0);
  });
});
