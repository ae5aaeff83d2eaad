import type { Logger } from '@leaderboard/shared/logger';
import { RedisRefused } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import { type BatchStore, Stopped } from '../apply/batch-store.js';
import { Backoff, pause } from '../backoff.js';
import type { Failpoint } from '../failpoints.js';
import type { ShardMetrics } from '../metrics.js';
import { gatherMs } from './gather.js';
import { Leases } from './leases.js';
import type { Claim, ShardQueue, StoredClaim } from './shard-queue.js';

/** How often a closed shard's queue is looked at, and one that Redis refuses to wait on. */
const lookAgainMs = 100;
/** What a stop grants the batch in hand before it is given back. */
const graceMs = 5_000;

export interface DrainContext {
  readonly shard: Shard;
  readonly queue: ShardQueue;
  readonly store: BatchStore;
  /** No other live process has it. */
  readonly workerName: string;
  readonly batchSize: number;
  /** How long events are gathered after a batch that was not full; under steady load five times as long. */
  readonly lingerMs: number;
  readonly leaseMs: number;
  readonly metrics: ShardMetrics;
  readonly logger: Logger;
  readonly failpoint: Failpoint;
}

/**
 * Moves one shard's queue to Postgres: claim → store → ack.
 *
 *   claim 1 ─ store 1 ─┬─ store 2 ─┬─ store 3 …      while a batch is stored, the next one is claimed
 *            claim 2 ──┤  ack 1    │                 (only if the last one was full: else waiting makes
 *                      │  claim 3 ─┤  ack 2           better batches) and the last one is acked
 *
 * A small batch costs nearly what a large one does, an fsync of Redis and one of Postgres included: so after one that was not full,
 * what comes is gathered for a moment, and for five times as long while events come steadily. Whoever comes after a pause is
 * taken at once.
 *
 * Batches are stored and acked in the order in which they were claimed.
 */
export class DrainLoop {
  readonly #context: DrainContext;
  readonly #leases: Leases;
  readonly #stopping = new AbortController();
  readonly #giveUp = new AbortController();
  #claims = 0;
  #acking: Promise<void> = Promise.resolve();
  #paused = false;
  #inHand = 0;
  #finished: Promise<void> = Promise.resolve();

  constructor(context: DrainContext) {
    this.#context = context;
    this.#leases = new Leases(context.queue, context.leaseMs, context.logger);
  }

  start(): void {
    this.#finished = this.#run();
  }

  /** Claims nothing more and resolves when what is in hand is stored, or after the time given. */
  async pause(atMostMs: number): Promise<void> {
    this.#paused = true;
    const deadline = performance.now() + atMostMs;
    while (this.#inHand > 0 && performance.now() < deadline) await pause(10, this.#stopping.signal);
  }

  resume(): void {
    this.#paused = false;
  }

  /** Finishes the batch in hand, or gives it back for others to take at once. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const timer = setTimeout(() => this.#giveUp.abort(), graceMs);
    // Without it, it would only take a second longer.
    await this.#context.queue.wake().catch(() => {});
    await this.#finished;
    clearTimeout(timer);
    await this.#leases.close();
  }

  async #run(): Promise<void> {
    const { lingerMs } = this.#context;
    const stopping = this.#stopping.signal;
    let next: Promise<Claim | undefined> | undefined;
    while (!stopping.aborted) {
      const claim = await (next ?? this.#waitForClaim());
      const claimedAtMs = performance.now();
      next = undefined;
      if (!claim) continue;
      if (stopping.aborted && this.#giveUp.signal.aborted) break;
      if (claim.items.length >= this.#context.batchSize && !this.#paused && !stopping.aborted)
        next = this.#claim();
      try {
        await this.#process(claim);
      } catch (error) {
        if (!(error instanceof Stopped)) throw error;
        break;
      }
      const restMs = claimedAtMs + gatherMs(claim.items.length, lingerMs) - performance.now();
      if (!next && restMs > 0) await pause(restMs, stopping);
    }
    await next;
    await this.#acking;
  }

  async #process(claim: Claim): Promise<void> {
    const { failpoint, metrics, store } = this.#context;
    failpoint('after-claim');
    metrics.claimed(claim.items.length);
    const stored = await store.store(claim, this.#giveUp.signal);
    this.#inHand -= 1;
    await this.#acking;
    this.#acking = this.#ack(claim, stored);
  }

  /** Ends with a claim, or with nothing when it is time to look whether to go on. */
  async #waitForClaim(): Promise<Claim | undefined> {
    const { queue, logger, shard } = this.#context;
    const stopping = this.#stopping.signal;
    if (this.#paused) {
      await pause(lookAgainMs, stopping);
      return undefined;
    }
    const claim = await this.#claim();
    if (claim || stopping.aborted) return claim;
    try {
      await queue.waitForItems();
    } catch (error) {
      // At maxmemory even this move is refused, though it needs no memory; claiming is not.
      if (!(error instanceof RedisRefused && error.code === 'OOM')) {
        logger.debug({ err: (error as Error).message, shard: shard.tag }, 'waiting for items');
      }
      await pause(lookAgainMs, stopping);
    }
    return undefined;
  }

  /** Undefined when there is nothing to take, or Redis cannot be asked. Never rejects. */
  async #claim(): Promise<Claim | undefined> {
    const { queue, workerName, logger, shard } = this.#context;
    const stopping = this.#stopping.signal;
    const name = `${workerName}.${this.#claims}`;
    this.#leases.hold(name);
    this.#inHand += 1;
    let outcome: Claim | undefined;
    try {
      const claim = await queue.claim(name);
      if (claim && claim.items.length > 0) outcome = claim;
      if (!claim) await pause(lookAgainMs, stopping);
    } catch (error) {
      // It may have been made all the same: the next attempt bears the same name and finds it.
      logger.debug({ err: (error as Error).message, shard: shard.tag }, 'claim failed');
      await pause(lookAgainMs, stopping);
    }
    if (outcome) this.#claims += 1;
    else this.#inHand -= 1;
    return outcome;
  }

  /** Repeats until Redis has answered: then the claim is gone, by this ack or otherwise. */
  async #ack(claim: Claim, stored: StoredClaim): Promise<void> {
    const { queue, logger, shard, failpoint } = this.#context;
    const backoff = new Backoff();
    while (!this.#giveUp.signal.aborted) {
      try {
        const held = await queue.ack(claim, stored);
        this.#leases.drop(claim.name);
        failpoint('after-ack');
        if (!held)
          logger.warn({ shard: shard.tag }, 'a stored batch had been taken over: its new owner reports it');
        return;
      } catch (error) {
        logger.warn({ err: (error as Error).message, shard: shard.tag }, 'ack failed: trying again');
      }
      await backoff.wait(this.#giveUp.signal);
    }
  }
}
