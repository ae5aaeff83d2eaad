import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type RedisConnection, RedisRefused, type RedisReply } from '@leaderboard/shared/topology/redis';

/**
 * A script that is not fenced: the worker's own, callable at any time. (The shards' scripts are known to Redis
 * only after a recovery; see shared/src/scripting.)
 */
export class LuaScript {
  readonly #hash: string;

  constructor(private readonly text: string) {
    this.#hash = createHash('sha1').update(text).digest('hex');
  }

  /** @throws RedisUnavailable, RedisOutcomeUnknown, RedisRefused as the connection does. */
  async run(redis: RedisConnection, keys: readonly string[], args: readonly string[]): Promise<RedisReply> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await redis.send(['EVALSHA', this.#hash, ...rest]);
    } catch (error) {
      if (!(error instanceof RedisRefused && error.code === 'NOSCRIPT')) throw error;
    }
    return await redis.send(['EVAL', this.text, ...rest]);
  }
}

/** A file of `worker-service/lua`, found from the compiled code as from the source. */
export function workerScript(name: string): LuaScript {
  return new LuaScript(readFileSync(new URL(`../../lua/${name}.lua`, import.meta.url), 'utf8'));
}
