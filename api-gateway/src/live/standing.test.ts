import type { Row } from '@leaderboard/shared/contracts/rankings';
import { describe, expect, it } from 'vitest';
import { passersAmong, rowsBefore, selfData, wasPassed } from './standing.js';

const noon = Date.parse('2026-01-31T12:00:00.000Z');
const rowOf = (rank: number, id: string, score = 100 - rank, atMs = noon): Row => ({
  rank,
  user_id: id,
  name: id,
  region: 'EU',
  score,
  updated_at: new Date(atMs).toISOString(),
});
const boardOf = (...ids: string[]) => ids.map((id, at) => rowOf(at + 1, id));
const idsOf = (rows: readonly Row[]) => rows.map((row) => row.user_id);

describe('a standing', () => {
  it('is told with its percentile, or that there is none', () => {
    expect(JSON.parse(selfData('u', { row: rowOf(2, 'u', 7), total: 4 }))).toEqual({
      user_id: 'u',
      rank: 2,
      score: 7,
      total: 4,
      percentile: 50,
    });
    expect(JSON.parse(selfData('u', undefined))).toEqual({ user_id: 'u', rank: null });
  });

  it.each([
    ['the rank got worse and the score is the same', rowOf(3, 'u', 7), true],
    ['the rank is the same', rowOf(2, 'u', 7), false],
    ['the rank got better', rowOf(1, 'u', 7), false],
    ['the score fell', rowOf(3, 'u', 6), false],
    ['the score fell and came back', rowOf(3, 'u', 7, noon + 1), false],
  ])('was passed? %s', (_, now, expected) => {
    expect(wasPassed({ row: rowOf(2, 'u', 7), total: 9 }, { row: now, total: 9 })).toBe(expected);
  });

  it('that was not there before or is no more was not passed', () => {
    const standing = { row: rowOf(2, 'u'), total: 9 };
    expect(wasPassed(undefined, standing)).toBe(false);
    expect(wasPassed(standing, undefined)).toBe(false);
  });
});

describe('who went past', () => {
  it('is taken from the three right before the user', () => {
    expect(idsOf(rowsBefore({ rows: boardOf('a', 'b', 'c', 'd', 'u', 'e') }, 'u') ?? [])).toEqual([
      'b',
      'c',
      'd',
    ]);
    expect(rowsBefore({ rows: boardOf('a', 'b') }, 'u')).toBeUndefined();
  });

  it('is exactly who stood behind, or nowhere, when the user was in the rows', () => {
    const sighting = { standing: undefined, rows: boardOf('a', 'u', 'b'), atMs: noon };
    expect(idsOf(passersAmong(boardOf('a', 'b', 'new'), 'u', sighting))).toEqual(['b', 'new']);
  });

  it('is who reached the score since and was not in the rows, when the user was beyond them', () => {
    const sighting = { standing: undefined, rows: boardOf('a', 'b'), atMs: noon + 10 };
    const before = [rowOf(7, 'b', 5, noon + 20), rowOf(8, 'old', 5, noon), rowOf(9, 'new', 5, noon + 20)];
    expect(idsOf(passersAmong(before, 'u', sighting))).toEqual(['new']);
  });
});
