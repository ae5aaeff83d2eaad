import { describe, expect, it } from 'vitest';
import { medians, summarize, summarizeRatio } from './statistics.js';

describe('summarize', () => {
  it('takes the middle one of an odd number of rounds', () => {
    expect(summarize([30, 10, 20])).toEqual({ median: 20, least: 10, most: 30 });
  });

  it('takes the mean of the middle two of an even number', () => {
    expect(summarize([4, 1, 3, 2]).median).toBe(2.5);
  });
});

describe('summarizeRatio', () => {
  it('divides the medians and shows the extremes of the rounds', () => {
    expect(summarizeRatio([10, 20, 30], [100, 100, 100])).toEqual({ median: 0.2, least: 0.1, most: 0.3 });
  });
});

describe('medians', () => {
  it('leaves a round out of a figure that it lacks', () => {
    expect(medians([{ a: 1, b: 5 }, { a: 3 }])).toEqual({ a: 2, b: 5 });
  });
});
