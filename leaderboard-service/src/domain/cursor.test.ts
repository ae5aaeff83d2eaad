import { comparePlaces, memberOf } from '@leaderboard/shared/scoring/place';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.js';

const place = { sortKey: -1500, member: memberOf('alice', 1_795_258_303_443_595) };

describe('a cursor', () => {
  it('stands right behind its entry and before the next possible one', () => {
    const after = decodeCursor(encodeCursor(place));
    expect(comparePlaces(place, after)).toBeLessThan(0);
    expect(comparePlaces(after, { ...place, member: `${place.member}!` })).toBeLessThan(0);
  });

  it.each([
    '',
    'x',
    'LTE',
    'a'.repeat(200),
    `${encodeCursor(place)}=`,
    Buffer.from('1e3 0000000000000001a').toString('base64url'),
  ])('is refused when it is "%s"', (cursor) => {
    expect(() => decodeCursor(cursor)).toThrow(expect.objectContaining({ code: 'invalid_cursor' }));
  });
});
