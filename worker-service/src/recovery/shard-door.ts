import { fencedHash, fencedText, scriptNames } from '@leaderboard/shared/scripting/script-text';
import { absentKey, boardKey, queueKey, shardKey } from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import { workerScript } from '../redis/lua-script.js';

const beginScript = workerScript('begin-recovery');
const openScript = workerScript('open-shard');

/** What a Redis still has of a shard. */
export interface Kept {
  /** The last version it knows, undefined when it knows none. */
  readonly version: number | undefined;
  /** Nothing of this shard at all. */
  readonly isNew: boolean;
}

/** The Redis side of a shard's fence: looking at it, closing it, opening it. */
export class ShardDoor {
  constructor(
    private readonly shard: Shard,
    private readonly redis: RedisConnection,
  ) {}

  /** The epoch at which this Redis serves the shard; 0 when it does not. */
  async openEpoch(): Promise<number> {
    const epoch = Number(await this.redis.send(['HGET', shardKey(this.shard), 'epoch']));
    if (epoch === 0) return 0;
    const hashes = scriptNames.map((name) => fencedHash(name, this.shard, epoch));
    const loaded = (await this.redis.send(['SCRIPT', 'EXISTS', ...hashes])) as number[];
    return loaded.every((known) => known === 1) ? epoch : 0;
  }

  /** The greatest epoch that this Redis has seen. */
  async greatestEpoch(): Promise<number> {
    const epochs = (await this.redis.send(['HMGET', shardKey(this.shard), 'epoch', 'recovering'])) as (
      | string
      | null
    )[];
    return Math.max(...epochs.map(Number));
  }

  /** Closes the shard. */
  async close(epoch: number): Promise<Kept> {
    const keys = [...this.#keys(), queueKey(this.shard), boardKey(this.shard)];
    const [version, isNew] = (await beginScript.run(this.redis, keys, [String(epoch)])) as [string, number];
    return { version: version === '' ? undefined : Number(version), isNew: isNew === 1 };
  }

  /** Changes whenever the server restarts or another one stands at its address. */
  async serverRunId(): Promise<string> {
    const info = String(await this.redis.send(['INFO', 'server']));
    return /^run_id:(\w+)/m.exec(info)?.[1] ?? '';
  }

  async loadScripts(epoch: number): Promise<void> {
    await Promise.all(
      scriptNames.map((name) => this.redis.send(['SCRIPT', 'LOAD', fencedText(name, this.shard, epoch)])),
    );
  }

  /** Returns the version up to which nothing is missing. */
  async open(epoch: number, greatestStored: number): Promise<number> {
    return Number(await openScript.run(this.redis, this.#keys(), [String(epoch), String(greatestStored)]));
  }

  /** In a cluster both scripts are refused while the slot moves: a recovery has one node from beginning to end. */
  #keys(): string[] {
    return [shardKey(this.shard), absentKey(this.shard)];
  }
}
