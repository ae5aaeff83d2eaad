import { withoutAnswer } from '@leaderboard/shared/contracts/plain-score';
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

/** What has become of a claim. */
export interface StoredClaim {
  readonly dead: readonly { readonly item: string; readonly reason: string }[];
  /**
   * What the event stream is told of some of the items instead of their own text without what answers a retry, by where they
   * stand in the claim; '' = nothing.
   */
  readonly toldOtherwise: ReadonlyMap<number, string>;
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
const tellScript = workerScript('tell-events');

/** As ack.lua answers. */
const takenOver = 0;
const lost = 2;

const waitSeconds = 1;

/**
 * One shard's queue as a worker sees it. Every method throws what the connection throws.
 *
 * Claims come on a connection of their own: Redis writes 64 kB of a reply, then does all else that it has to do, so a full batch
 * takes as many rounds as it has blocks, and whatever is to be answered on the same connection waits behind it.
 */
export class ShardQueue {
  #waitingClient: RedisReply = null;

  /** @param own a connection that nobody else waits on */
  constructor(
    private readonly shard: Shard,
    private readonly redis: RedisConnection,
    private readonly own: RedisConnection,
    private readonly limits: QueueLimits,
  ) {}

  /** The claim; without items when nothing waits; undefined while the shard is closed. */
  async claim(name: string): Promise<Claim | undefined> {
    const claimed = processingKey(this.shard, name);
    const keys = [queueKey(this.shard), claimed, workersKey(this.shard), shardKey(this.shard)];
    const { batchSize, leaseMs } = this.limits;
    const args = [name, String(batchSize), String(leaseMs), processingKey(this.shard, '')];
    // In one go, and the items not through the script, which would make texts of its own of them.
    const [reply, newestFirst] = await Promise.all([
      claimScript.run(this.own, keys, args),
      this.own.send(['LRANGE', claimed, '0', '-1']),
    ]);
    const [epoch, count] = reply as [string, number];
    if (epoch === '') return undefined;
    let items = newestFirst as string[];
    // Where the script was not known yet, the second command came before it.
    if (items.length !== count) items = (await this.own.send(['LRANGE', claimed, '0', '-1'])) as string[];
    return { name, epoch: Number(epoch), items: items.reverse() };
  }

  /**
   * Waits up to a second for something to claim. Moving the last item from the right end to the right end changes
   * nothing, so that nothing can get lost on the way.
   */
  async waitForItems(): Promise<void> {
    const queue = queueKey(this.shard);
    this.#waitingClient = await this.own.send(['CLIENT', 'ID']);
    await this.own.send(['BLMOVE', queue, queue, 'RIGHT', 'RIGHT', String(waitSeconds)]);
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
  async ack(claim: Claim, { dead, toldOtherwise }: StoredClaim): Promise<boolean> {
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
    const otherwise = [...toldOtherwise].flatMap(([at, event]) => [String(at + 1), event]);
    const outcome = await ackScript.run(this.redis, keys, [...args, ...letters, ...otherwise]);
    if (outcome === lost) await this.#tell(claim, toldOtherwise);
    return outcome !== takenOver;
  }

  async #tell({ items }: Claim, toldOtherwise: ReadonlyMap<number, string>): Promise<void> {
    const events = items
      .map((item, at) => toldOtherwise.get(at) ?? withoutAnswer(item))
      .filter((event) => event !== '');
    const { eventsMaxLength } = this.limits;
    if (eventsMaxLength === 0 || events.length === 0) return;
    await tellScript.run(this.redis, [eventsKey(this.shard)], [String(eventsMaxLength), ...events]);
  }
}
