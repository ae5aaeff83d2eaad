import type { Logger } from '@leaderboard/shared/logger';
import { readLua } from '@leaderboard/shared/scripting/script-text';
import {
  sweepChunkUsers,
  sweepWindowsArguments,
  sweepWindowsKeys,
} from '@leaderboard/shared/scripting/sweep-windows';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import { pause } from '../backoff.js';
import type { ShardMetrics } from '../metrics.js';
import { LuaScript } from '../redis/lua-script.js';

const sweepScript = new LuaScript(readLua('sweep-windows'));

const lookEveryMs = 1_000;
const betweenChunksMs = 2;

/** Looks at users of whom something has become too old for a rolling window. Returns how many; -1 while the shard is closed. */
export async function sweepWindows(
  shard: Shard,
  redis: RedisConnection,
  bucketSeconds: number,
  mostUsers: number = sweepChunkUsers,
): Promise<number> {
  const args = sweepWindowsArguments(mostUsers, bucketSeconds);
  return Number(await sweepScript.run(redis, sweepWindowsKeys(shard), args));
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
      await pause(users === sweepChunkUsers ? betweenChunksMs : lookEveryMs, signal);
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
