import { describe, expect, it } from 'vitest';
import { csvReader, ndjsonReader } from './row.js';

const sent = (row: object) => ('json' in row ? JSON.parse(row.json as string) : row);

describe('a CSV row', () => {
  const read = csvReader('user_id,score,name,region', undefined);

  it('becomes an event', () => {
    expect(sent(read('ann,-12,Ann,EU', 'e1'))).toEqual({
      user_id: 'ann',
      score: -12,
      name: 'Ann',
      region: 'EU',
      event_id: 'e1',
    });
    expect(sent(read('ann,5,,', 'e1'))).toEqual({ user_id: 'ann', score: 5, event_id: 'e1' });
  });

  it('may have quotes, with commas and quotes in them', () => {
    expect(sent(read('ann,1,"Ann, ""the"" first",EU', 'e1'))).toMatchObject({ name: 'Ann, "the" first' });
  });

  it.each([
    ['ann,1', '2 fields instead of 4'],
    ['ann,1,"Ann,EU', 'the quotes are broken'],
    ['ann,1.5,,', 'score'],
    ['ann,,,', 'score'],
    ['ann,9007199254740993,,', 'score'],
    ['a b,1,,', 'user_id'],
  ])('%s is refused for %s', (text, reason) => {
    expect(read(text, 'e1')).toMatchObject({ reason: expect.stringContaining(reason) });
  });

  it('gets the game of the command, unless it names its own', () => {
    const withGame = csvReader('score,user_id,game', 'chess');
    expect(sent(withGame('1,ann,', 'e'))).toMatchObject({ game: 'chess' });
    expect(sent(withGame('1,ann,go', 'e'))).toMatchObject({ game: 'go' });
  });

  it.each(['user,score', 'user_id', 'user_id,score,score', 'user_id,score,email'])(
    'cannot follow the header %s',
    (header) => {
      expect(() => csvReader(header, undefined)).toThrow(/the header/);
    },
  );
});

describe('an NDJSON row', () => {
  const read = ndjsonReader(undefined);

  it('becomes an event', () => {
    expect(sent(read('{"user_id":"ann","score":5}', 'e1'))).toEqual({
      user_id: 'ann',
      score: 5,
      event_id: 'e1',
    });
  });

  it.each(['{', '[]', 'null', '{"user_id":"ann","score":"5"}', '{"user_id":"ann","score":5,"event_id":"x"}'])(
    '%s is refused',
    (text) => {
      expect(read(text, 'e1')).toHaveProperty('reason');
    },
  );
});
