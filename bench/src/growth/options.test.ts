import { describe, expect, it } from 'vitest';
import { UsageError } from '../options.js';
import { parseGrowthOptions } from './options.js';

describe('parseGrowthOptions', () => {
  it('grows to a million users', () => {
    expect(parseGrowthOptions([])).toEqual({
      sizes: [10_000, 100_000, 1_000_000],
      mergedUsers: 100_000,
      rounds: 3,
      seconds: 1,
    });
  });

  it('grows to ten million when asked', () => {
    const { sizes, mergedUsers } = parseGrowthOptions(['--full']);
    expect({ last: sizes.at(-1), mergedUsers }).toEqual({ last: 10_000_000, mergedUsers: 100_000 });
  });

  it('ends with the size that is asked for', () => {
    expect(parseGrowthOptions(['--users', '30000'])).toMatchObject({
      sizes: [10_000, 30_000],
      mergedUsers: 30_000,
    });
  });

  it.each([[['--users', '10']], [['--users', '20000000']], [['--rounds', '0']], [['writes']]])(
    'refuses %j',
    (args) => {
      expect(() => parseGrowthOptions(args)).toThrow(UsageError);
    },
  );
});
