import type {
  AccountMessage,
  EraseMessage,
  GameMessage,
  HiddenMessage,
  ScoreMessage,
} from '@leaderboard/shared/contracts/queue-message';
import { defaultRules, isOverall, rulesOfPin } from '@leaderboard/shared/scoring/rules';
import { readLua } from '@leaderboard/shared/scripting/script-text';
import { idempotencyTtlMs } from '@leaderboard/shared/scripting/write-scores';
import {
  accountKey,
  answersKey,
  boardKey,
  dueKey,
  gameNamesKey,
  gamesKey,
  hiddenBoardKey,
  rulesKey,
  shardKey,
  userKey,
} from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import { LuaScript } from '../redis/lua-script.js';
import { readRules } from '../redis/pinned-rules.js';
import type { TextRow } from './row-stream.js';

const entriesScript = new LuaScript(readLua('restore-entries'));
const newEntriesScript = new LuaScript(readLua('restore-new-entries'));
const accountsScript = new LuaScript(readLua('restore-accounts'));
const gamesScript = new LuaScript(readLua('restore-games'));
const rulesScript = new LuaScript(readLua('restore-rules'));
const usersScript = new LuaScript(readLua('restore-users'));
const windowsScript = new LuaScript(readLua('restore-windows'));
const clearScript = new LuaScript(readLua('clear-windows'));
const answersScript = new LuaScript(readLua('restore-answers'));

/** Writes what is known elsewhere into a closed shard, where Redis has older state or none. Rows as in sql/read-rows.ts. */
export class Restorer {
  /** The game's rules in this shard, as Redis has them once they are restored. */
  #rules: ReadonlyMap<string, string> = new Map();
  /** Of whom Redis knows something before any entry is restored: they are hidden or erased. */
  readonly #knownUsers = new Set<string>();

  constructor(
    private readonly shard: Shard,
    private readonly redis: RedisConnection,
    private readonly epoch: number,
    /** Also what Redis has at the same version: mends what was damaged. */
    private readonly again: boolean,
  ) {}

  /** @param kept the version up to which this Redis has everything, 0 = nothing */
  async rules(rows: readonly TextRow[], kept: number): Promise<number> {
    const keys = [shardKey(this.shard), rulesKey(this.shard)];
    const args = [String(this.epoch), String(kept), ...rows.flat()];
    return Number(await rulesScript.run(this.redis, keys, args));
  }

  /** To be called between the rules and the entries: these stand in the order that the rules say. */
  async learnRules(): Promise<void> {
    this.#rules = await readRules(this.shard, this.redis);
  }

  async games(rows: readonly TextRow[]): Promise<number> {
    const keys = [shardKey(this.shard), gamesKey(this.shard), gameNamesKey(this.shard)];
    const args = [String(this.epoch), this.again ? '1' : '', ...rows.flat()];
    return Number(await gamesScript.run(this.redis, keys, args));
  }

  async entries(rows: readonly TextRow[]): Promise<number> {
    const keys = this.#boardKeys();
    const args = [String(this.epoch), this.shard.region, this.again ? '1' : ''];
    for (const [game = '', ...rest] of rows) {
      args.push(game, this.#rulesOf(game), ...rest);
    }
    return Number(await entriesScript.run(this.redis, keys, args));
  }

  /** Rows of `allEntries`, in a shard that was new to this Redis. */
  async newEntries(rows: readonly TextRow[]): Promise<number> {
    let written = 0;
    for (const [game, ofGame] of byGame(rows)) {
      const rules = this.#rulesOf(game);
      const isNew = ([, userId = '']: TextRow) => !isOverall(rules) && !this.#knownUsers.has(userId);
      const others = ofGame.filter((row) => !isNew(row));
      if (others.length > 0) written += await this.entries(others.map(splitStanding));
      const args = [String(this.epoch), this.shard.region, game, rules];
      for (const row of others.length === 0 ? ofGame : ofGame.filter(isNew)) {
        const [, userId = '', version = '', standing = ''] = row;
        args.push(userId, version, standing);
      }
      const keys = this.#boardKeys().slice(0, 3);
      if (args.length > 4) written += Number(await newEntriesScript.run(this.redis, keys, args));
    }
    return written;
  }

  async users(rows: readonly TextRow[]): Promise<number> {
    for (const [userId = ''] of rows) this.#knownUsers.add(userId);
    const args = rows.flatMap((row) => row.slice(0, 4));
    const keys = [...this.#boardKeys(), dueKey(this.shard)];
    return Number(await usersScript.run(this.redis, keys, [String(this.epoch), ...args]));
  }

  /** @param windowsOf the windows of a game around a time in ms, as scoring/windows.ts writes them */
  async windows(
    rows: readonly TextRow[],
    bucketSeconds: number,
    windowsOf: (game: string, timeMs: number) => string,
  ): Promise<number> {
    const keys = [...this.#boardKeys(), dueKey(this.shard)];
    const args = [String(this.epoch), String(bucketSeconds)];
    for (const [game = '', ...rest] of rows) {
      args.push(game, this.#rulesOf(game), ...rest, windowsOf(game, Number(rest[4])));
    }
    return Number(await windowsScript.run(this.redis, keys, args));
  }

  /** Makes users forget where they stood in windows. */
  async clearWindows(userKeys: readonly string[]): Promise<void> {
    await clearScript.run(this.redis, [shardKey(this.shard), ...userKeys], [String(this.epoch)]);
  }

  async accounts(rows: readonly TextRow[]): Promise<number> {
    const keys = [shardKey(this.shard), accountKey(this.shard, '')];
    return Number(
      await accountsScript.run(this.redis, keys, [String(this.epoch), this.again ? '1' : '', ...rows.flat()]),
    );
  }

  async answers(rows: readonly TextRow[]): Promise<number> {
    const keys = [shardKey(this.shard), answersKey(this.shard)];
    return Number(
      await answersScript.run(this.redis, keys, [
        String(this.epoch),
        String(idempotencyTtlMs),
        ...rows.flat(),
      ]),
    );
  }

  #boardKeys(): string[] {
    return [shardKey(this.shard), userKey(this.shard, ''), boardKey(this.shard), hiddenBoardKey(this.shard)];
  }

  #rulesOf(game: string): string {
    return rulesOfPin(this.#rules.get(game) ?? defaultRules);
  }
}

/** Rows in the order of their games, cut where another one begins. */
function byGame(rows: readonly TextRow[]): [game: string, rows: readonly TextRow[]][] {
  const parts: [string, readonly TextRow[]][] = [];
  for (let first = 0; first < rows.length; ) {
    const game = rows[first]?.[0] ?? '';
    let end = first + 1;
    while (rows[end]?.[0] === game) end += 1;
    parts.push([game, first === 0 && end === rows.length ? rows : rows.slice(first, end)]);
    first = end;
  }
  return parts;
}

/** A row of `allEntries` as one of `entriesFrom`. */
function splitStanding([game = '', userId = '', version = '', standing = '']: TextRow): TextRow {
  const [, score = '', reached = '', name = ''] = /^(\S*) (\d*) (.*)$/s.exec(standing) ?? [];
  return [game, userId, name, score, reached === '' ? version : reached, version];
}

export const userRow = (message: HiddenMessage | EraseMessage): TextRow =>
  message.op === 'hidden'
    ? [message.user_id, message.hidden ? '1' : '0', '', '']
    : [message.user_id, '', String(message.account_version), String(message.version)];

export const eventRow = (message: ScoreMessage): TextRow => [
  message.game,
  message.user_id,
  message.op,
  message.value === null ? '' : String(message.value),
  message.score === null ? '' : String(message.score),
  String(message.timestamp),
  String(message.version),
];

export const entryRow = (message: ScoreMessage): TextRow => [
  message.game,
  message.user_id,
  message.name,
  message.score === null ? '' : String(message.score),
  String(message.achieved_at),
  String(message.version),
];

export const gameRow = (message: GameMessage): TextRow => [
  message.game,
  JSON.stringify(message.definition),
  String(message.version),
];

export const accountRow = (message: AccountMessage): TextRow => [
  message.user_id,
  message.name,
  message.region,
  message.password_hash ?? '',
  String(message.timestamp),
  String(message.version),
  message.op === 'account-removed' ? '1' : '',
];
