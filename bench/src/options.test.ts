import { describe, expect, it } from 'vitest';
import { checkers, groups, parseOptions, UsageError } from './options.js';

describe('parseOptions', () => {
  it('measures everything with the defaults', () => {
    expect(parseOptions([])).toEqual({
      groups,
      rounds: 5,
      seconds: 4,
      connections: 64,
      users: 1_000_000,
      players: 20_000,
      backlog: 500_000,
    });
  });

  it('takes the names in the order of the table', () => {
    expect(parseOptions(['drain', 'writes']).groups).toEqual(['writes', 'drain']);
  });

  it('has no more players and events than users allow', () => {
    const { players, backlog } = parseOptions(['--users', '20000']);
    expect({ players, backlog }).toEqual({ players: 20_000 - checkers, backlog: 10_000 });
  });

  it.each([
    [['fast']],
    [['--users', '10']],
    [['--rounds', '1.5']],
    [['--seconds', 'x']],
    [['--colour', 'red']],
  ])('refuses %j', (args) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
  });
});
