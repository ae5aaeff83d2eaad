import { boardKey, dueKey, hiddenBoardKey, userKey } from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import { scanKeys } from '../redis/scan-keys.js';
import { eventColumns } from '../sql/read-rows.js';
import type { Restorer } from './restorer.js';
import type { TextRow } from './row-stream.js';
import type { WindowDefinitions } from './window-definitions.js';

/**
 * Windows are restored by applying events once more: a window depends on when things happened, which only the history
 * tells. A Redis that has everything up to a version gets what came after it. Any other has its windows cleared and gets
 * all events that still count, those that wait to be stored among them; each once, in the order of their versions.
 */
export class WindowReplay {
  /** Oldest first. */
  readonly #waiting: readonly TextRow[];
  #nextWaiting = 0;

  constructor(
    private readonly restorer: Restorer,
    private readonly definitions: WindowDefinitions,
    waiting: readonly TextRow[],
  ) {
    const games = new Set(definitions.games);
    this.#waiting = waiting.filter(([game = '']) => games.has(game));
  }

  /** Rows of Postgres, in order. */
  apply(rows: readonly TextRow[]): Promise<number> {
    const last = rows.at(-1);
    if (!last) return Promise.resolve(0);
    const due = this.#takeWaiting(versionOf(last));
    if (due.length === 0) return this.#write(rows);
    const stored = new Set(rows.map(versionOf));
    const unstored = due.filter((row) => !stored.has(versionOf(row)));
    return this.#write([...rows, ...unstored].sort((a, b) => versionOf(a) - versionOf(b)));
  }

  /** The rest of what waits. */
  finish(): Promise<number> {
    const rows = this.#takeWaiting(Number.POSITIVE_INFINITY);
    return rows.length === 0 ? Promise.resolve(0) : this.#write(rows);
  }

  #takeWaiting(version: number): readonly TextRow[] {
    const first = this.#nextWaiting;
    for (let row = this.#waiting[first]; row && versionOf(row) <= version; ) {
      this.#nextWaiting += 1;
      row = this.#waiting[this.#nextWaiting];
    }
    return this.#waiting.slice(first, this.#nextWaiting);
  }

  async #write(rows: readonly TextRow[]): Promise<number> {
    const { definitions } = this;
    return await this.restorer.windows(rows, definitions.settings.bucketSeconds, (game, timeMs) =>
      definitions.at(game, timeMs),
    );
  }
}

const versionAt = eventColumns.indexOf('version');
const versionOf = (row: TextRow) => Number(row[versionAt]);

/** Takes away every window's board, and from users where they stood on them. */
export async function clearWindows(shard: Shard, redis: RedisConnection, restorer: Restorer): Promise<void> {
  for (const prefix of [boardKey(shard), hiddenBoardKey(shard)]) {
    for await (const keys of scanKeys(redis, `${prefix}:`)) {
      const boards = keys.filter((key) => key.slice(prefix.length + 1).includes(':'));
      if (boards.length > 0) await redis.send(['UNLINK', ...boards]);
    }
  }
  await redis.send(['UNLINK', dueKey(shard)]);
  for await (const keys of scanKeys(redis, userKey(shard, ''))) await restorer.clearWindows(keys);
}
