import { memberOf, sortKeyOf } from '@leaderboard/shared/scoring/place';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../store/board-reader.js';
import { assignRanks, mergeSlices } from './merge.js';

const entry = (userId: string, score: number, reachedAtUs = 1): Entry => ({
  userId,
  name: userId,
  region: 'EU',
  score,
  reachedAtUs,
  place: { sortKey: sortKeyOf(score, 'desc'), member: memberOf(userId, reachedAtUs) },
});

describe('mergeSlices', () => {
  it('adds up totals and counts and orders the entries of all shards', () => {
    const [slice] = mergeSlices([
      { total: 3, slices: [{ before: 1, entries: [entry('a', 9), entry('c', 5)] }] },
      { total: 4, slices: [{ before: 2, entries: [entry('b', 7)] }] },
    ]);
    expect(slice).toMatchObject({ total: 7, before: 3 });
    expect(slice?.entries.map(({ userId }) => userId)).toEqual(['a', 'b', 'c']);
  });
});

describe('assignRanks', () => {
  const entries = [entry('a', 9), entry('b', 7), entry('c', 7), entry('d', 5)];

  it('numbers without gaps', () => {
    expect(assignRanks(entries, 11, undefined)).toEqual([11, 12, 13, 14]);
  });

  it('gives equal scores the rank of the first of them', () => {
    expect(assignRanks(entries, 1, 1)).toEqual([1, 2, 2, 4]);
  });

  it('keeps the rank of a tie group that began before the first entry', () => {
    expect(assignRanks(entries.slice(2), 3, 2)).toEqual([2, 4]);
  });
});
