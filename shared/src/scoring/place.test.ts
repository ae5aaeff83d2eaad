import { describe, expect, it } from 'vitest';
import {
  comparePlaces,
  memberOf,
  type Place,
  parseMember,
  scoreOf,
  sortKeyOf,
  startOfTies,
} from './place.js';

const place = (score: number, order: 'asc' | 'desc', reachedAtUs: number, userId: string): Place => ({
  sortKey: sortKeyOf(score, order),
  member: memberOf(userId, reachedAtUs),
});

describe('comparePlaces', () => {
  it('puts the higher score first on desc boards', () => {
    expect(comparePlaces(place(2, 'desc', 9, 'a'), place(1, 'desc', 1, 'b'))).toBeLessThan(0);
  });

  it('puts the lower score first on asc boards', () => {
    expect(comparePlaces(place(1, 'asc', 9, 'a'), place(2, 'asc', 1, 'b'))).toBeLessThan(0);
  });

  it.each(['asc', 'desc'] as const)('puts who reached an equal score first in front (%s)', (order) => {
    expect(comparePlaces(place(5, order, 999, 'z'), place(5, order, 1000, 'a'))).toBeLessThan(0);
  });

  it.each(['asc', 'desc'] as const)('orders the same microsecond by user_id (%s)', (order) => {
    expect(comparePlaces(place(5, order, 7, 'a'), place(5, order, 7, 'b'))).toBeLessThan(0);
  });

  it('puts the start of a tie group before all of it and after everyone better', () => {
    const start = startOfTies(sortKeyOf(5, 'desc'));
    expect(comparePlaces(start, place(5, 'desc', 0, 'a'))).toBeLessThan(0);
    expect(comparePlaces(place(6, 'desc', 0, 'a'), start)).toBeLessThan(0);
  });
});

describe('sortKeyOf', () => {
  it('never makes a negative zero', () => {
    expect(Object.is(sortKeyOf(0, 'desc'), 0)).toBe(true);
  });

  it.each([0, 1, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])(
    'is undone by scoreOf (%d)',
    (score) => {
      expect(scoreOf(sortKeyOf(score, 'desc'), 'desc')).toBe(score);
      expect(scoreOf(sortKeyOf(score, 'asc'), 'asc')).toBe(score);
    },
  );
});

describe('memberOf', () => {
  it('is undone by parseMember, digits in the id included', () => {
    expect(parseMember(memberOf('123', 1_795_258_303_443_595))).toEqual({
      userId: '123',
      reachedAtUs: 1_795_258_303_443_595,
    });
  });
});
