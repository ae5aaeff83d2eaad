import { describe, expect, it } from 'vitest';
import { defaultState, isSameBoard, readState, writeState } from './view-state.js';

describe('the state in the address', () => {
  it('is empty for the default', () => {
    expect(writeState(defaultState)).toBe('');
    expect(readState('')).toEqual(defaultState);
  });

  it('comes back as it was written', () => {
    const state = {
      region: 'EU',
      game: '*',
      window: '24h',
      ties: 'shared',
      limit: 50,
      user: 'a+b#c=d',
    } as const;
    expect(readState(writeState(state))).toEqual(state);
  });

  it('has the default where an address makes no sense', () => {
    expect(readState('?limit=7&ties=maybe&region=&game=')).toEqual(defaultState);
  });

  it('names regions in any case', () => expect(readState('?region=asia').region).toBe('ASIA'));
});

describe('the same board', () => {
  it('may have more rows or a followed player', () => {
    expect(isSameBoard(defaultState, { ...defaultState, limit: 50, user: 'ann' })).toBe(true);
    expect(isSameBoard(defaultState, { ...defaultState, window: '24h' })).toBe(false);
  });
});
