import type { Shard } from './shards.js';

/**
 * Every Redis key of the platform is spelled here. All keys of a shard carry its hash tag in literal
 * braces, so that Redis Cluster keeps them in one slot and one script may touch them all.
 */

export const defaultGame = 'default';

/** HASH `epoch, version, tat, …`: the fence, the last version given out, the region's token bucket. */
export const shardKey = (shard: Shard) => `shard:{${shard.tag}}`;

/** Reads as a game: the sum of each user's scores in the games that count on it. */
export const overallGame = '*';

/**
 * ZSET: number = sort key (see scoring/place.ts), member = 16 digits of µs + user_id.
 * @param stretch a rolling window's name or a calendar period's; undefined is all time
 */
export const boardKey = (shard: Shard, game: string = defaultGame, stretch?: string) =>
  `leaderboard:{${shard.tag}}${boardSuffix(game, stretch)}`;

/** ZSET: the same for hidden users. */
export const hiddenBoardKey = (shard: Shard, game: string = defaultGame, stretch?: string) =>
  `hidden:{${shard.tag}}${boardSuffix(game, stretch)}`;

function boardSuffix(game: string, stretch: string | undefined): string {
  if (stretch !== undefined) return `:${game}:${stretch}`;
  return game === defaultGame ? '' : `:${game}`;
}

/** ZSET `<game> <user_id>` → s at which something of it becomes too old for a rolling window. */
export const dueKey = (shard: Shard) => `due:{${shard.tag}}`;

/** HASH game → JSON of its definition, `version` first; in the one shard that keeps the games. */
export const gamesKey = (shard: Shard) => `games:{${shard.tag}}`;

/** ZSET of the games' names, for reading them in order. */
export const gameNamesKey = (shard: Shard) => `${gamesKey(shard)}:names`;

/** STRING: who is changing this game now, until it is done or the lease ends. */
export const gameLeaseKey = (shard: Shard, game: string) => `${gamesKey(shard)}:changing:${game}`;

/** HASH game → the rules under which this shard has its scores; see scoring/rules.ts. */
export const rulesKey = (shard: Shard) => `rules:{${shard.tag}}`;

/**
 * HASH `name, region, score, updated_at, version?, tat?`; other games' fields end in `:<game>`. `version` is left out as
 * long as it says the same as `updated_at`. For windows
 * `at:<game>:<period>` and `rolling:<game>` (lua/include/standings.lua). `hidden`; of an erased user `erased, erased_at`.
 */
export const userKey = (shard: Shard, userId: string) => `user:{${shard.tag}}:${userId}`;

/**
 * Never exists. A script that makes up keys itself is given it, or a prefix of keys, which does not exist either: while a slot
 * moves to another node, Redis Cluster refuses (TRYAGAIN) whoever names a key that is not there, before anything is run. What
 * the script makes up may lie on the other node already, and it would fail half way.
 */
export const absentKey = (shard: Shard) => userKey(shard, '');

/** HASH `name, region, created_at, version, password_hash?`, in the account's shard. */
export const accountKey = (shard: Shard, userId: string) => `account:{${shard.tag}}:${userId}`;

/** HASH of the first answers to keyed writes of half a day, a prefix of keys: see lua/include/answers.lua. */
export const answersKey = (shard: Shard) => `answers:{${shard.tag}}:`;

/** LIST of queue messages: pushed left by services, taken right by workers. */
export const queueKey = (shard: Shard) => `queue:scores:{${shard.tag}}`;

/** LIST: claimed by this worker, not yet committed. */
export const processingKey = (shard: Shard, worker: string) => `${queueKey(shard)}:processing:${worker}`;

/** LIST: refused for good, each with its reason. */
export const deadKey = (shard: Shard) => `${queueKey(shard)}:dead`;

/** ZSET of claims by the end of their worker's lease on them, in ms of Redis time. */
export const workersKey = (shard: Shard) => `${queueKey(shard)}:workers`;

/** STREAM of committed events. */
export const eventsKey = (shard: Shard) => `events:{${shard.tag}}`;
