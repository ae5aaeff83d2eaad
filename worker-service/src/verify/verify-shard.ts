import { memberOf, parseMember } from '@leaderboard/shared/scoring/place';
import { defaultRules, isOverall, orderOfRules } from '@leaderboard/shared/scoring/rules';
import {
  accountKey,
  boardKey,
  defaultGame,
  gamesKey,
  hiddenBoardKey,
  overallGame,
  userKey,
} from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import { everyone } from '@leaderboard/shared/topology/regions';
import { partitionOf, type Shard, type ShardMap } from '@leaderboard/shared/topology/shards';
import type pg from 'pg';
import { streamRows, type TextRow } from '../recovery/row-stream.js';
import { readRules } from '../redis/pinned-rules.js';
import { activeAccounts, activeEntries } from '../sql/find-active.js';
import { overallSums } from '../sql/overall-sums.js';
import { accountsFrom, entriesFrom, gamesFrom, rulesFrom, usersFrom } from '../sql/read-rows.js';
import { compareAccount, compareEntry, compareGame } from './compare.js';

/**
 * Compares one shard's Redis with Postgres in both directions: every row must stand in Redis as it is, and everything
 * in Redis must have its row. Windows are not compared: they are worked out from the history, by the clock.
 */

export interface Verified {
  readonly entries: number;
  readonly accounts: number;
  readonly differences: number;
}

export interface VerifyContext {
  readonly shard: Shard;
  readonly shards: ShardMap;
  readonly redis: RedisConnection;
  /** Of its own, for a cursor. */
  readonly client: pg.Client;
  readonly report: (difference: string) => void;
  readonly onProgress: (rows: number) => void;
}

const chunkRows = 500;

export async function verifyShard(context: VerifyContext): Promise<Verified> {
  const run = new Verification(context);
  await context.client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await run.rules();
  await run.hiddenUsers();
  await run.postgresEntries();
  await run.redisBoards();
  await run.redisUsers();
  await run.overall();
  if (context.shard.region === everyone) {
    await run.postgresAccounts();
    await run.redisAccounts();
  }
  if (context.shard === context.shards.games) await run.games();
  await context.client.query('COMMIT');
  return run;
}

class Verification implements Verified {
  entries = 0;
  accounts = 0;
  differences = 0;
  readonly #context: VerifyContext;
  /** As Postgres has them. */
  readonly #rules = new Map<string, string>();
  readonly #hidden = new Set<string>();

  constructor(context: VerifyContext) {
    this.#context = context;
  }

  /** Only what both sides say: a game may be agreed on that nobody has scores in, and older shards have no pins. */
  async rules(): Promise<void> {
    const { shard, redis } = this.#context;
    const pinned = await readRules(shard, redis);
    for await (const rows of this.#rows(rulesFrom(0), undefined)) {
      for (const [game = '', rules = ''] of rows) {
        this.#rules.set(game, rules);
        const pin = pinned.get(game);
        const isSame = pin === undefined || pin === rules || pin === `~${rules}`;
        this.#found(`game ${game}`, isSame ? [] : [`rules ${pin} in Redis, ${rules} in Postgres`]);
      }
    }
  }

  async games(): Promise<void> {
    const { shard, redis } = this.#context;
    const stored = new Set<string>();
    for await (const rows of this.#rows(gamesFrom(0), undefined)) {
      const answers = await Promise.all(
        rows.map(([game = '']) => redis.send(['HGET', gamesKey(shard), game])),
      );
      for (const [at, row] of rows.entries())
        this.#found(`game ${row[0]}`, compareGame(row, answers[at] as string | null));
      for (const [game = ''] of rows) stored.add(game);
    }
    for await (const page of scan(redis, ['HSCAN', gamesKey(shard)])) {
      for (const game of page.filter((_, at) => at % 2 === 0)) {
        this.#found(`game ${game}`, stored.has(game) ? [] : ['in Redis, not in Postgres']);
      }
    }
  }

  async postgresEntries(): Promise<void> {
    const { shard, redis } = this.#context;
    for await (const rows of this.#rows(entriesFrom(1), 1)) {
      const answers = await Promise.all(
        rows.map(async ([game = '', userId = '', , , reached = '']) => {
          const suffix = game === defaultGame ? '' : `:${game}`;
          const fields = [`score${suffix}`, `updated_at${suffix}`, `version${suffix}`, 'name'];
          const member = memberOf(userId, Number(reached));
          const [hash, shown, hidden] = await Promise.all([
            redis.send(['HMGET', userKey(shard, userId), ...fields]),
            redis.send(['ZSCORE', boardKey(shard, game), member]),
            redis.send(['ZSCORE', hiddenBoardKey(shard, game), member]),
          ]);
          const sortKey = (this.#hidden.has(userId) ? hidden : shown) as string | null;
          return [...(hash as (string | null)[]), sortKey];
        }),
      );
      for (const [at, row] of rows.entries()) {
        const [game = '', userId = '', , score] = row;
        if (score !== '') this.entries += 1;
        this.#found(`${game} ${userId}`, compareEntry(row, answers[at] ?? [], this.#orderOf(game)));
      }
    }
  }

  async hiddenUsers(): Promise<void> {
    const { shard, redis } = this.#context;
    for await (const rows of this.#rows(usersFrom(0), 0)) {
      for (const [userId = '', hidden, , erasedAt] of rows) {
        if (hidden === '1') this.#hidden.add(userId);
        const fields = ['hidden', 'erased_at'];
        const known = await redis.send(['HMGET', userKey(shard, userId), ...fields]);
        const [isHidden, wasErasedAt] = known as (string | null)[];
        this.#found(`user ${userId}`, [
          ...((isHidden ?? '0') === (hidden || '0') ? [] : ['hidden on one side only']),
          ...((wasErasedAt ?? '') === erasedAt ? [] : ['erased on one side only']),
        ]);
      }
    }
  }

  /** Members of an all-time board that have no row, stand there twice, or on the board of the hidden without being so. */
  async redisBoards(): Promise<void> {
    const { shard } = this.#context;
    for (const prefix of [boardKey(shard), hiddenBoardKey(shard)]) {
      const isHidden = prefix === hiddenBoardKey(shard);
      for (const board of await this.#keys(`${prefix}*`, prefix)) {
        const game = board === prefix ? defaultGame : board.slice(prefix.length + 1);
        if (!game.includes(':') && game !== overallGame) await this.#redisBoard(board, game, isHidden);
      }
    }
  }

  async #redisBoard(board: string, game: string, isHidden: boolean): Promise<void> {
    for await (const page of scan(this.#context.redis, ['ZSCAN', board])) {
      const members = page.filter((_, at) => at % 2 === 0);
      const places = members.map((member) => ({ member, ...parseMember(member) }));
      const known = await this.#active(activeEntries, [game, places.map(({ userId }) => userId)]);
      for (const { member, userId, reachedAtUs } of places) {
        const reached = known.get(userId);
        if (reached === undefined) this.#found(`${game} ${userId}`, ['on the board, not in Postgres']);
        else if (Number(reached) !== reachedAtUs)
          this.#found(`${game} ${userId}`, [`stands on the board as ${member}, too`]);
        else if (isHidden !== this.#hidden.has(userId))
          this.#found(`${game} ${userId}`, [isHidden ? 'hidden, but should be seen' : 'seen, but is hidden']);
      }
    }
  }

  /** The overall board: each user's sum, worked out anew from Postgres. */
  async overall(): Promise<void> {
    const { shard, redis } = this.#context;
    const games = [...this.#rules].filter(([, rules]) => isOverall(rules)).map(([game]) => game);
    const sums = new Map<string, string>();
    for await (const rows of this.#rows(overallSums(games), 0)) {
      for (const [userId = '', sum = ''] of rows) sums.set(userId, sum);
    }
    const stands = new Set<string>();
    for (const board of [boardKey(shard, overallGame), hiddenBoardKey(shard, overallGame)]) {
      for await (const page of scan(redis, ['ZSCAN', board])) {
        for (let at = 0; at < page.length; at += 2) {
          const { userId } = parseMember(page[at] ?? '');
          const sum = String(0 - Number(page[at + 1]));
          stands.add(userId);
          const wanted = sums.get(userId);
          this.#found(`overall ${userId}`, sum === wanted ? [] : [`${sum} in Redis, ${wanted} in Postgres`]);
        }
      }
    }
    for (const userId of sums.keys()) {
      this.#found(`overall ${userId}`, stands.has(userId) ? [] : ['not on the overall board']);
    }
  }

  /** Users whose hash has a score in some game, but no row. */
  async redisUsers(): Promise<void> {
    const { shard, redis } = this.#context;
    const prefix = userKey(shard, '');
    for await (const keys of this.#keyPages(`${prefix}*`, prefix)) {
      const users = keys.map((key) => key.slice(prefix.length));
      const fields = await Promise.all(keys.map((key) => redis.send(['HKEYS', key])));
      const ranked = new Map<string, string[]>();
      for (const [at, userId] of users.entries()) {
        for (const game of gamesIn(fields[at] as string[])) {
          ranked.set(game, [...(ranked.get(game) ?? []), userId]);
        }
      }
      for (const [game, userIds] of ranked) {
        const known = await this.#active(activeEntries, [game, userIds]);
        for (const userId of userIds) {
          if (!known.has(userId)) this.#found(`${game} ${userId}`, ['score in Redis, not in Postgres']);
        }
      }
    }
  }

  async postgresAccounts(): Promise<void> {
    const { shard, redis } = this.#context;
    for await (const rows of this.#rows(accountsFrom(0), 0)) {
      const fields = ['name', 'region', 'password_hash', 'version'];
      const answers = await Promise.all(
        rows.map(([userId = '']) => redis.send(['HMGET', accountKey(shard, userId), ...fields])),
      );
      for (const [at, row] of rows.entries()) {
        if (row.at(-1) === '') this.accounts += 1;
        this.#found(`account ${row[0]}`, compareAccount(row, answers[at] as (string | null)[]));
      }
    }
  }

  async redisAccounts(): Promise<void> {
    const { shard } = this.#context;
    const prefix = accountKey(shard, '');
    for await (const keys of this.#keyPages(`${prefix}*`, prefix)) {
      const users = keys.map((key) => key.slice(prefix.length));
      const known = await this.#active(activeAccounts, [users]);
      for (const userId of users) {
        if (!known.has(userId)) this.#found(`account ${userId}`, ['in Redis, not in Postgres']);
      }
    }
  }

  #found(what: string, differences: readonly string[]): void {
    this.differences += differences.length;
    for (const difference of differences)
      this.#context.report(`${this.#context.shard.tag} ${what}: ${difference}`);
  }

  #orderOf(game: string) {
    return orderOfRules(this.#rules.get(game) ?? defaultRules);
  }

  /** Rows of this shard: partitions of a region share its database. Without a user they belong to all. */
  async *#rows(query: string, userAt: number | undefined): AsyncGenerator<TextRow[]> {
    const { client, shard, shards, onProgress } = this.#context;
    let count = 0;
    for await (const all of streamRows(client, query, chunkRows)) {
      count += all.length;
      onProgress(count);
      yield all.filter(
        (row) =>
          userAt === undefined || partitionOf(row[userAt] ?? '', shards.partitions) === shard.partition,
      );
    }
  }

  /** user_id → the second column. */
  async #active(query: string, values: unknown[]): Promise<Map<string, string>> {
    const { rows } = await this.#context.client.query<[string, string]>({
      text: query,
      values,
      rowMode: 'array',
    });
    return new Map(rows);
  }

  async #keys(pattern: string, prefix: string): Promise<string[]> {
    const all = new Set<string>();
    for await (const keys of this.#keyPages(pattern, prefix)) for (const key of keys) all.add(key);
    return [...all];
  }

  /** The pattern finds more than the prefix when a tag has a character that means something in patterns. */
  async *#keyPages(pattern: string, prefix: string): AsyncGenerator<string[]> {
    for await (const keys of scan(this.#context.redis, ['SCAN'], ['MATCH', pattern])) {
      yield [...new Set(keys)].filter((key) => key.startsWith(prefix));
    }
  }
}

/** The games in which a user's hash has a score. */
function gamesIn(fields: readonly string[]): string[] {
  return fields.flatMap((field) => {
    if (field === 'score') return [defaultGame];
    const game = field.startsWith('score:') ? field.slice('score:'.length) : overallGame;
    return game === overallGame ? [] : [game];
  });
}

async function* scan(
  redis: RedisConnection,
  command: string[],
  filter: string[] = [],
): AsyncGenerator<string[]> {
  let cursor = '0';
  do {
    const [next, page] = (await redis.send([...command, cursor, ...filter, 'COUNT', '1000'])) as [
      string,
      string[],
    ];
    cursor = next;
    if (page.length > 0) yield page;
  } while (cursor !== '0');
}
