import { describe, expect, it } from 'vitest';
import { jsonLine, readableLine } from './event-line.js';

const event = {
  event_id: 'e-1',
  version: 1_795_259_675_532_846,
  game: 'default',
  user_id: 'ann',
  name: 'Ann',
  region: 'ASIA',
  op: 'best',
  value: 7,
  score: 9,
  achieved_at: 1,
  timestamp: 1_795_259_675_532,
};
const entry = { id: '1795259675600-0', event: JSON.stringify(event) };

describe('a JSON line', () => {
  it('is the event with its place', () => {
    expect(JSON.parse(jsonLine('ASIA', entry))).toEqual({
      shard: 'ASIA',
      stream_id: '1795259675600-0',
      ...event,
    });
  });

  it('says what was trimmed and what is no event', () => {
    expect(JSON.parse(jsonLine('ASIA', { id: '5-0', event: undefined }))).toMatchObject({ trimmed: true });
    expect(JSON.parse(jsonLine('ASIA', { id: '5-0', event: '[1\n' }))).toMatchObject({ unreadable: '[1\n' });
    expect(JSON.parse(jsonLine('ASIA', { id: '5-0', event: '[1]' }))).toMatchObject({ unreadable: '[1]' });
  });
});

describe('a readable line', () => {
  const shown = (changes: object) =>
    readableLine('ASIA', { id: '5-0', event: JSON.stringify({ ...event, ...changes }) });

  it.each([
    [{}, '7, best stays 9  (Ann)'],
    [{ value: 9, name: 'ann' }, 'best 9'],
    [{ op: 'incr', value: 2 }, '+2 → 9  (Ann)'],
    [{ op: 'incr', value: -2 }, '-2 → 9  (Ann)'],
    [{ op: 'set', value: 9 }, 'set 9  (Ann)'],
    [{ op: 'remove', value: null, score: null }, 'removed  (Ann)'],
  ])('says what %o did', (changes, end) => {
    expect(shown(changes)).toMatch(/^2026-11-21T\S+ {2}ASIA {4}default {5}ann /);
    expect(shown(changes).endsWith(end)).toBe(true);
  });

  it('never passes on what is no event as it is', () => {
    expect(readableLine('ASIA', { id: '5-0', event: '\u001b[2J' })).not.toContain('\u001b');
  });
});
