import { describe, expect, it } from 'vitest';
import { pointsFor, questions } from './questions.js';

describe('points', () => {
  it('are more for quick answers, and never less than for a right one', () => {
    expect([0, 7.5, 15, 60].map(pointsFor)).toEqual([200, 150, 100, 100]);
  });
});

describe('questions', () => {
  it('have an id of their own, and the right answer among their options', () => {
    expect(new Set(questions.map(({ id }) => id)).size).toBe(questions.length);
    for (const { options, right } of questions) expect(options).toContain(right);
  });
});
