import type { Logger } from '@leaderboard/shared/logger';
import { readLua } from '@leaderboard/shared/scripting/script-text';
import {
  boardKey,
  dueKey,
  hiddenBoardKey,
  rulesKey,
  shardKey,
  userKey,
} from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import { pause } from '../backoff.js';
import type { ShardMetrics } from '../metrics.js';
import { LuaScript } from '../redis/lua-script.js';

const sweepScript = new LuaScript(readLua('sweep-windows'));

/** Small enough that nothing waits for it; between two of them others have their turn. */
const chunkUsers = 100;
const lookEveryMs = 1_000;
const betweenChunksMs = 2;

/** Looks at users of whom something has become too old for a rolling window. Returns how many; -1 while the shard is closed. */
export async function sweepWindows(
  shard: Shard,
  redis: RedisConnection,
  bucketSeconds: number,
  mostUsers: number = chunkUsers,
): Promise<number> {
  const keys = [
    shardKey(shard),
    dueKey(shard),
    userKey(shard, ''),
    boardKey(shard),
    hiddenBoardKey(shard),
    rulesKey(shard),
  ];
  return Number(await sweepScript.run(redis, keys, [String(mostUsers), String(bucketSeconds)]));
}

/** Keeps one shard's rolling windows free of what is too old. Every worker does; what one has done is not due for others. */
export class WindowSweeper {
  readonly #stopping = new AbortController();
  #finished: Promise<void> = Promise.resolve();

  constructor(
    private readonly shard: Shard,
    private readonly redis: RedisConnection,
    private readonly bucketSeconds: number,
    private readonly metrics: ShardMetrics,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.#finished = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#finished;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const users = await this.#sweep();
      await pause(users === chunkUsers ? betweenChunksMs : lookEveryMs, signal);
    }
  }

  async #sweep(): Promise<number> {
    try {
      const users = await sweepWindows(this.shard, this.redis, this.bucketSeconds);
      if (users > 0) this.metrics.swept(users);
      return users;
    } catch (error) {
      this.logger.debug({ err: (error as Error).message, shard: this.shard.tag }, 'windows not swept');
      return 0;
    }
  }
}
