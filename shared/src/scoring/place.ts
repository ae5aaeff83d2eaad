/**
 * Where an entry stands. A board is a ZSET read in one direction only: the smaller (sort key, member)
 * stands first.
 *
 *   sort key   the score itself on `asc` boards, its negation on `desc` boards
 *   member     16 digits: µs since 1970 at which the score was reached, then the user_id
 *
 * So equal scores stand in the order in which they were reached, and entries of the same microsecond by
 * user_id, in every shard and every merge. An inverted time prefix with positive numbers and reverse reads
 * would order that last tie backwards, and every reader would need two directions.
 */

export type Order = 'asc' | 'desc';

export interface Place {
  readonly sortKey: number;
  readonly member: string;
}

export const maxScore = Number.MAX_SAFE_INTEGER;

/** Digits of the time prefix: enough until the year 2286. */
const prefixLength = 16;

/** `0 - score` and not `-score`, because a score of 0 must not become −0. */
export const sortKeyOf = (score: number, order: Order): number => (order === 'desc' ? 0 - score : score);

/** The inverse of `sortKeyOf`, which is its own inverse. */
export const scoreOf = sortKeyOf;

export function memberOf(userId: string, reachedAtUs: number): string {
  return String(reachedAtUs).padStart(prefixLength, '0') + userId;
}

export function parseMember(member: string): { userId: string; reachedAtUs: number } {
  return { userId: member.slice(prefixLength), reachedAtUs: Number(member.slice(0, prefixLength)) };
}

/** Negative when `a` stands before `b`. Members are ASCII, so this is the byte order of Redis. */
export function comparePlaces(a: Place, b: Place): number {
  if (a.sortKey !== b.sortKey) return a.sortKey - b.sortKey;
  if (a.member === b.member) return 0;
  return a.member < b.member ? -1 : 1;
}

/** The place before everyone who has this sort key: counting up to it counts the strictly better. */
export const startOfTies = (sortKey: number): Place => ({ sortKey, member: '' });
