import { isDeepStrictEqual } from 'node:util';
import { memberOf, type Order, sortKeyOf } from '@leaderboard/shared/scoring/place';
import type { TextRow } from '../recovery/row-stream.js';

/** Pure comparison of one row of Postgres with what Redis answered for it. Returns what differs, in words. */

/** Redis: score, reached, version (null: when the score was reached), name of the user's hash, then the sort key of the member on the board. */
export type EntryInRedis = readonly (string | null)[];

/** `row` as entriesFrom() in sql/read-rows.ts; the score is '' for a removed entry. */
export function compareEntry(row: TextRow, redis: EntryInRedis, order: Order): string[] {
  const [, userId = '', name = '', score = '', reached = '', version = ''] = row;
  const [redisScore, redisReached, redisVersion, redisName, sortKey] = redis;
  if (score === '') return redisScore === null ? [] : [`score ${redisScore} in Redis, removed in Postgres`];
  if (redisScore === null) return [`missing in Redis, score ${score} in Postgres`];
  const differences: string[] = [];
  const check = (what: string, inRedis: string | null | undefined, inPostgres: string) => {
    if (inRedis !== inPostgres)
      differences.push(`${what} ${inRedis ?? 'missing'} in Redis, ${inPostgres} in Postgres`);
  };
  check('score', redisScore, score);
  check('reached', redisReached, reached);
  check('version', redisVersion ?? redisReached, version);
  check('name', redisName, name);
  const expected = sortKeyOf(Number(score), order);
  if (sortKey === null || Number(sortKey) !== expected) {
    const member = memberOf(userId, Number(reached));
    differences.push(`on the board ${member} has ${sortKey ?? 'no'} sort key instead of ${expected}`);
  }
  return differences;
}

/** Redis: name, region, password hash, version. `row` as accountsFrom() in sql/read-rows.ts. */
export function compareAccount(row: TextRow, redis: readonly (string | null)[]): string[] {
  const [, name = '', region = '', passwordHash = '', , version = '', removed = ''] = row;
  const [redisName, redisRegion, redisHash, redisVersion] = redis;
  if (removed !== '') return redisRegion === null ? [] : ['account in Redis, removed in Postgres'];
  if (redisRegion === null) return ['account missing in Redis'];
  const differences: string[] = [];
  if (redisName !== name) differences.push(`name ${redisName} in Redis, ${name} in Postgres`);
  if (redisRegion !== region) differences.push(`region ${redisRegion} in Redis, ${region} in Postgres`);
  if (redisVersion !== version) differences.push(`version ${redisVersion} in Redis, ${version} in Postgres`);
  if ((redisHash ?? '') !== passwordHash) differences.push('the password hashes differ');
  return differences;
}

/** Redis: version and definition in one object. `row` as gamesFrom() in sql/read-rows.ts. */
export function compareGame(row: TextRow, redis: string | null): string[] {
  const [, definition = '', version = ''] = row;
  if (redis === null) return ['missing in Redis'];
  const expected = { version: Number(version), ...(JSON.parse(definition) as object) };
  return isDeepStrictEqual(JSON.parse(redis), expected)
    ? []
    : [`${redis} in Redis, ${JSON.stringify(expected)} in Postgres`];
}
