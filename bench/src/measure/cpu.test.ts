import { describe, expect, it } from 'vitest';
import { cpuPer, parseStat } from './cpu.js';

describe('parseStat', () => {
  it('reads parent and times behind a name with blanks and parentheses', () => {
    const stat = '7 (postgres: a) b) S 3 7 7 0 -1 4194560 1 2 3 4 100 20 5 6 20 0 1 0 99';
    expect(parseStat(stat)).toEqual({ parent: 3, ticks: 131 });
  });

  it('finds nothing of a process that has ended', () => {
    expect(parseStat('')).toBeUndefined();
  });
});

describe('cpuPer', () => {
  it('divides what was used in between', () => {
    const before = new Map([['redis', 1000]]);
    const after = new Map([['redis', 3000]]);
    expect(cpuPer(10, before, after)).toEqual({ redis: 200 });
  });

  it('says nothing where CPU cannot be read', () => {
    expect(cpuPer(10, undefined, undefined)).toEqual({});
  });
});
