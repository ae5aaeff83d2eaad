import { setTimeout as sleep } from 'node:timers/promises';
import { deadKey, processingKey, queueKey, workersKey } from '@leaderboard/shared/topology/keys';
import type { RedisConnections } from '@leaderboard/shared/topology/redis-connections';
import type { Shard } from '@leaderboard/shared/topology/shards';

const lookAgainMs = 10;
/** A queue that does not get shorter for this long has nobody who drains it. */
const stuckAfterMs = 30_000;

/** What waits to be stored in Postgres. */
export class Queues {
  constructor(
    private readonly shards: readonly Shard[],
    private readonly redis: RedisConnections,
  ) {}

  /** Events that nobody has claimed. */
  async waiting(): Promise<number> {
    return await this.#sum((shard) => this.#length(shard, queueKey(shard)));
  }

  /** Events that are not stored yet: waiting or claimed. */
  async unstored(): Promise<number> {
    return await this.#sum(async (shard) => {
      const claims = (await this.redis.of(shard).send(['ZRANGE', workersKey(shard), '0', '-1'])) as string[];
      const lists = [queueKey(shard), ...claims.map((claim) => processingKey(shard, claim))];
      const lengths = await Promise.all(lists.map((list) => this.#length(shard, list)));
      return lengths.reduce((total, length) => total + length, 0);
    });
  }

  /** Events that were refused for good: none, unless something is broken. */
  async dead(): Promise<number> {
    return await this.#sum((shard) => this.#length(shard, deadKey(shard)));
  }

  /** Returns when everything that was acknowledged is stored. @throws when that makes no progress. */
  async drained(signal: AbortSignal, onProgress: (unstored: number) => void = () => {}): Promise<void> {
    let least = Number.POSITIVE_INFINITY;
    let progressAt = performance.now();
    for (;;) {
      const unstored = await this.unstored();
      if (unstored === 0) return;
      onProgress(unstored);
      if (unstored < least) progressAt = performance.now();
      least = Math.min(least, unstored);
      if (performance.now() - progressAt > stuckAfterMs)
        throw new Error(`${unstored} events wait in the queues and nobody stores them`);
      await sleep(lookAgainMs, undefined, { signal });
    }
  }

  async #length(shard: Shard, list: string): Promise<number> {
    return Number(await this.redis.of(shard).send(['LLEN', list]));
  }

  async #sum(of: (shard: Shard) => Promise<number>): Promise<number> {
    const numbers = await Promise.all(this.shards.map(of));
    return numbers.reduce((total, number) => total + number, 0);
  }
}
