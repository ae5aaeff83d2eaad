import { shardKey } from '../topology/keys.js';
import { RedisRefused, type RedisReply } from '../topology/redis.js';
import type { RedisConnections } from '../topology/redis-connections.js';
import type { Shard } from '../topology/shards.js';
import { fencedHash, type ScriptName } from './script-text.js';

/** This shard's Redis was not checked yet (or was fenced off): nothing was read or written. */
export class ShardClosed extends Error {
  override name = 'ShardClosed';

  constructor(readonly shard: Shard) {
    super(`shard ${shard.tag} is not open`);
  }
}

/** While a shard is closed its epoch is looked up at most this often. */
const relearnEveryMs = 100;

const watchEveryMs = 1_000;

interface KnownEpoch {
  epoch: number;
  learnedAtMs: number;
  learning: Promise<void> | undefined;
}

/** Told when a shard was opened anew; whatever has a version above `floor` was not found by the recovery. */
export type ReopenedListener = (shard: Shard, epoch: number, floor: number) => void;

/**
 * Calls the shards' scripts by plain EVALSHA. There is no fallback to EVAL on purpose: NOSCRIPT is how a
 * Redis says that it restarted, was emptied or was promoted and that nobody has checked it since.
 *
 * The epoch is learned from the shard itself and never goes back within a process: a demoted master that
 * comes back with an older epoch, its scripts still loaded, is refused too.
 */
export class FencedScripts {
  readonly #connections: RedisConnections;
  readonly #known = new Map<Shard, KnownEpoch>();
  readonly #onReopened: ReopenedListener;

  constructor(connections: RedisConnections, onReopened: ReopenedListener = () => {}) {
    this.#connections = connections;
    this.#onReopened = onReopened;
  }

  /**
   * Looks every second for newer epochs, so that a process without traffic on a shard refuses an old master of it, too,
   * and reports its losses. Returns what ends it.
   */
  watch(shards: readonly Shard[]): () => void {
    const timer = setInterval(() => {
      // A shard that cannot be asked is asked again; whoever uses it is told.
      for (const shard of shards) this.#learn(shard, this.#knownOf(shard)).catch(() => {});
    }, watchEveryMs);
    return () => clearInterval(timer);
  }

  /** The newest epoch that this process has seen; whatever is remembered of a shard is worth nothing in the next. */
  epochOf(shard: Shard): number {
    return this.#knownOf(shard).epoch;
  }

  /**
   * @throws {ShardClosed} when the shard is not open.
   * @throws RedisUnavailable, RedisOutcomeUnknown, RedisRefused as the connection does.
   */
  async run(
    name: ScriptName,
    shard: Shard,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<RedisReply> {
    const known = this.#knownOf(shard);
    if (known.epoch === 0) await this.#learn(shard, known);
    const epoch = known.epoch;
    if (epoch === 0) throw new ShardClosed(shard);
    try {
      return await this.#evaluate(name, shard, epoch, keys, args);
    } catch (error) {
      if (!isFenced(error)) throw error;
      await this.#learn(shard, known);
      if (known.epoch === epoch) throw new ShardClosed(shard);
    }
    try {
      return await this.#evaluate(name, shard, known.epoch, keys, args);
    } catch (error) {
      throw isFenced(error) ? new ShardClosed(shard) : error;
    }
  }

  #evaluate(name: ScriptName, shard: Shard, epoch: number, keys: readonly string[], args: readonly string[]) {
    return this.#connections
      .of(shard)
      .send(['EVALSHA', fencedHash(name, shard, epoch), String(keys.length), ...keys, ...args]);
  }

  #knownOf(shard: Shard): KnownEpoch {
    let known = this.#known.get(shard);
    if (!known) {
      known = { epoch: 0, learnedAtMs: Number.NEGATIVE_INFINITY, learning: undefined };
      this.#known.set(shard, known);
    }
    return known;
  }

  async #learn(shard: Shard, known: KnownEpoch): Promise<void> {
    if (performance.now() - known.learnedAtMs < relearnEveryMs) return;
    known.learning ??= this.#readEpoch(shard, known).finally(() => {
      known.learning = undefined;
    });
    await known.learning;
  }

  async #readEpoch(shard: Shard, known: KnownEpoch): Promise<void> {
    const reply = await this.#connections.of(shard).send(['HMGET', shardKey(shard), 'epoch', 'floor']);
    const [epoch, floor] = (reply as (string | null)[]).map(Number);
    known.learnedAtMs = performance.now();
    if (epoch === undefined || floor === undefined || epoch <= known.epoch) return;
    const reopened = known.epoch > 0;
    known.epoch = epoch;
    if (reopened) this.#onReopened(shard, epoch, floor);
  }
}

function isFenced(error: unknown): boolean {
  return error instanceof RedisRefused && (error.code === 'NOSCRIPT' || error.code === 'CLOSED');
}
