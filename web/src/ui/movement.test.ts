import { describe, expect, it } from 'vitest';
import { movements } from './movement.js';

const row = (user_id: string, rank: number) => ({ user_id, rank });

describe('movements', () => {
  it('has nobody on the first snapshot', () => {
    expect(movements(undefined, [row('ann', 1)]).size).toBe(0);
  });

  it('tells how many places each gained or lost, and who is new', () => {
    const before = new Map([
      ['ann', 1],
      ['bob', 2],
      ['cara', 3],
      ['dan', 4],
    ]);
    const now = [row('cara', 1), row('ann', 2), row('eve', 3), row('dan', 4)];
    expect([...movements(before, now)]).toEqual([
      ['cara', 2],
      ['ann', -1],
      ['eve', 'new'],
    ]);
  });
});
