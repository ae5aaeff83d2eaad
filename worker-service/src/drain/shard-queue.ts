import {
  deadKey,
  eventsKey,
  processingKey,
  queueKey,
  shardKey,
  workersKey,
} from '@leaderboard/shared/topology/keys';
import type { RedisConnection, RedisReply } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import { workerScript } from '../redis/lua-script.js';

/** A batch that was taken from the queue and is this worker's while its lease lasts. */
export interface Claim {
  /** Used once, so that nothing done in its name can touch another claim. */
  readonly name: string;
  /** The shard's epoch when it was taken. */
  readonly epoch: number;
  /** Oldest first. */
  readonly items: readonly string[];
}

export interface DeadLetter {
  readonly item: string;
  readonly reason: string;
}

export interface QueueLimits {
  readonly batchSize: number;
  readonly leaseMs: number;
  /** 0 = no stream. */
  readonly eventsMaxLength: number;
}

const claimScript = workerScript('claim');
const renewScript = workerScript('renew-leases');
const ackScript = workerScript('ack');

const waitSeconds = 1;

/** One shard's queue as a worker sees it. Every method throws what the connection throws. */
export class ShardQueue {
  #waitingClient: RedisReply = null;

  constructor(
    private readonly shard: Shard,
    private readonly redis: RedisConnection,
    private readonly limits: QueueLimits,
  ) {}

  /** The claim; without items when nothing waits; undefined while the shard is closed. */
  async claim(name: string): Promise<Claim | undefined> {
    const keys = [
      queueKey(this.shard),
      processingKey(this.shard, name),
      workersKey(this.shard),
      shardKey(this.shard),
    ];
    const { batchSize, leaseMs } = this.limits;
    const args = [name, String(batchSize), String(leaseMs), processingKey(this.shard, '')];
    const reply = await claimScript.run(this.redis, keys, args);
    const [epoch, items, oldestFirst] = reply as [string, string[], number];
    if (epoch === '') return undefined;
    return { name, epoch: Number(epoch), items: oldestFirst === 1 ? items : items.reverse() };
  }

  /**
   * Waits up to a second for something to claim. Moving the last item from the right end to the right end changes
   * nothing, so that nothing can get lost on the way. The connection must be one that nobody else waits on.
   */
  async waitForItems(blocking: RedisConnection): Promise<void> {
    const queue = queueKey(this.shard);
    this.#waitingClient = await blocking.send(['CLIENT', 'ID']);
    await blocking.send(['BLMOVE', queue, queue, 'RIGHT', 'RIGHT', String(waitSeconds)]);
    this.#waitingClient = null;
  }

  /** Ends the wait early. */
  async wake(): Promise<void> {
    if (this.#waitingClient !== null)
      await this.redis.send(['CLIENT', 'UNBLOCK', String(this.#waitingClient)]);
  }

  async renew(claims: readonly string[]): Promise<void> {
    await renewScript.run(this.redis, [workersKey(this.shard)], [String(this.limits.leaseMs), ...claims]);
  }

  /** Ends the leases, so that others take these claims over at once. */
  async release(claims: readonly string[]): Promise<void> {
    await renewScript.run(this.redis, [workersKey(this.shard)], ['0', ...claims]);
  }

  /** False when the claim had been taken over by another worker, which reports it. */
  async ack(claim: Claim, dead: readonly DeadLetter[], events: readonly string[]): Promise<boolean> {
    const keys = [
      processingKey(this.shard, claim.name),
      workersKey(this.shard),
      deadKey(this.shard),
      eventsKey(this.shard),
      shardKey(this.shard),
    ];
    const failedAt = new Date().toISOString();
    const letters = dead.map(({ item, reason }) => JSON.stringify({ item, reason, failed_at: failedAt }));
    const args = [
      claim.name,
      String(claim.epoch),
      String(this.limits.eventsMaxLength),
      String(letters.length),
    ];
    return (await ackScript.run(this.redis, keys, [...args, ...letters, ...events])) === 1;
  }
}
