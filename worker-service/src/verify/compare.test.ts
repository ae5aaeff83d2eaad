import { describe, expect, it } from 'vitest';
import { compareAccount, compareEntry, compareGame } from './compare.js';

const row = ['default', 'ann', 'Ann', '5', '1000', '2000'];
const same: (string | null)[] = ['5', '1000', '2000', 'Ann', '-5'];

describe('comparing an entry', () => {
  it('finds nothing when all is the same', () => {
    expect(compareEntry(row, same, 'desc')).toEqual([]);
  });

  it('takes the time of the score for a version that is left out', () => {
    const inRedis = same.with(2, null);
    expect(compareEntry(row.with(5, '1000'), inRedis, 'desc')).toEqual([]);
    expect(compareEntry(row, inRedis, 'desc')).toEqual([expect.stringContaining('version 1000 in Redis')]);
  });

  it('finds nothing when it is removed on both sides', () => {
    expect(compareEntry(row.with(3, ''), [null, null, null, 'Ann', null], 'desc')).toEqual([]);
  });

  it.each([
    ['a missing hash', [null, null, null, null, null], 'missing in Redis'],
    ['another score', same.with(0, '6'), 'score 6 in Redis, 5 in Postgres'],
    ['another time', same.with(1, '1'), 'reached 1 in Redis'],
    ['another version', same.with(2, '1'), 'version 1 in Redis'],
    ['another name', same.with(3, 'Eve'), 'name Eve in Redis'],
    ['no member on the board', [...same.slice(0, 4), null], 'no sort key'],
    ['another sort key', same.with(4, '5'), '5 sort key instead of -5'],
  ])('finds %s', (_, redis, words) => {
    expect(compareEntry(row, redis, 'desc')).toEqual([expect.stringContaining(words)]);
  });

  it('expects the score itself on a board that reads from low to high', () => {
    expect(compareEntry(row, same.with(4, '5'), 'asc')).toEqual([]);
  });

  it('finds an entry that should be removed', () => {
    expect(compareEntry(row.with(3, ''), same, 'desc')).toEqual(['score 5 in Redis, removed in Postgres']);
  });
});

describe('comparing an account', () => {
  const account = ['ann', 'Ann', 'ASIA', 'hash', '1', '2000', ''];
  const inRedis = ['Ann', 'ASIA', 'hash', '2000'];

  it('finds nothing when all is the same', () => {
    expect(compareAccount(account, inRedis)).toEqual([]);
  });

  it('does not show password hashes', () => {
    expect(compareAccount(account, inRedis.with(2, 'other'))).toEqual(['the password hashes differ']);
  });

  it('finds a missing one and one that should be removed', () => {
    expect(compareAccount(account, [null, null, null, null])).toEqual(['account missing in Redis']);
    expect(compareAccount(account.with(6, '1'), inRedis)).toEqual(['account in Redis, removed in Postgres']);
  });
});

describe('comparing a game', () => {
  const game = ['race', '{"order": "asc", "operator": "best"}', '2000'];

  it('finds nothing when all is the same, in whatever order', () => {
    expect(compareGame(game, '{"version":2000,"operator":"best","order":"asc"}')).toEqual([]);
  });

  it('finds a missing one, another version and another definition', () => {
    expect(compareGame(game, null)).toEqual(['missing in Redis']);
    expect(compareGame(game, '{"version":1,"operator":"best","order":"asc"}')).toHaveLength(1);
    expect(compareGame(game, '{"version":2000,"operator":"set","order":"asc"}')).toHaveLength(1);
  });
});
