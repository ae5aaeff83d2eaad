import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cursorBefore, isGameName } from './game-search.js';

describe('cursorBefore', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,5}$/);
  const isBefore = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other)) < 0;

  it('stands before every name with the prefix, and behind every other one that comes before those', () => {
    fc.assert(
      fc.property(name, fc.oneof(name, name), fc.nat(6), (prefix, other, kept) => {
        const cursor = cursorBefore(prefix) ?? '';
        const relative = prefix.slice(0, kept) + other;
        expect(isBefore(cursor, prefix)).toBe(true);
        expect(isBefore(cursor, prefix + other)).toBe(true);
        if (isBefore(relative, prefix)) expect(isBefore(cursor, relative)).toBe(false);
      }),
    );
  });

  it('is a game name, as the API wants', () => {
    fc.assert(fc.property(name, (prefix) => isGameName(cursorBefore(prefix) ?? 'x')));
    expect(cursorBefore('0')).toBeUndefined();
  });
});
