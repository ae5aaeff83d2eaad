import { isScoreMessage } from '@leaderboard/shared/contracts/queue-message';
import type { Logger } from '@leaderboard/shared/logger';
import type { Shard, ShardMap } from '@leaderboard/shared/topology/shards';
import type { Tracing } from '@leaderboard/shared/tracing/tracing';
import { Backoff } from '../backoff.js';
import type { Claim, StoredClaim } from '../drain/shard-queue.js';
import type { Failpoint } from '../failpoints.js';
import type { ShardMetrics } from '../metrics.js';
import type { DatabasePool } from '../postgres/databases.js';
import { isRefusedData, isTimeout } from '../postgres/sqlstate.js';
import { parkDeadLetters } from '../sql/park-dead-letters.js';
import { type Entry, publicEvent, type Refused, readBatch } from './batch.js';
import { storeBatch } from './store-batch.js';

/** Thrown when the process stops before a batch is stored: it is given back. */
export class Stopped extends Error {}

export interface BatchStoreContext {
  readonly shard: Shard;
  readonly shards: ShardMap;
  readonly pool: DatabasePool;
  readonly metrics: ShardMetrics;
  readonly logger: Logger;
  readonly failpoint: Failpoint;
  readonly tracing?: Tracing | undefined;
  /** Told when Redis may lack what was just stored. */
  readonly onLate: () => void;
}

/** Brings the claims of one shard into Postgres, whatever it takes. */
export class BatchStore {
  constructor(private readonly context: BatchStoreContext) {}

  /** Goes on until everything is stored or parked. @throws {Stopped} when told to stop before. */
  async store(claim: Claim, signal: AbortSignal): Promise<StoredClaim> {
    const { shard, shards, metrics } = this.context;
    const batch = readBatch(claim.items, shard, shards);
    const refused = await this.#storeOrSplit(batch.entries, claim.epoch, signal);
    const dead = [...batch.refused, ...refused];
    if (dead.length > 0) await this.#park(dead, signal);

    const lost = new Set(dead.map(({ at }) => at));
    const stored = lost.size === 0 ? batch.entries : batch.entries.filter(({ at }) => !lost.has(at));
    metrics.stored(stored.map(({ version }) => version));
    const untold = dead.map(({ at }) => [at, ''] as const);
    return { dead, toldOtherwise: new Map([...untold, ...toldOtherwise(stored)]) };
  }

  /**
   * Halves what Postgres refuses until the bad entries stand alone: these are returned, the others are stored. What
   * takes too long is halved as well, but never given up.
   */
  async #storeOrSplit(entries: readonly Entry[], epoch: number, signal: AbortSignal): Promise<Refused[]> {
    if (entries.length === 0) return [];
    const error = await this.#untilAnswered(signal, entries.length > 1, async () => {
      const startedAt = new Date();
      const outcome = await storeBatch(
        this.context.pool,
        this.context.shard,
        epoch,
        entries,
        this.context.failpoint,
      );
      if (outcome === 'late') this.context.onLate();
      this.#trace(startedAt, entries);
    });
    if (error === undefined) return [];
    const [only] = entries;
    if (only && entries.length === 1) return [{ item: only.item, at: only.at, reason: error.message }];
    const middle = Math.ceil(entries.length / 2);
    return [
      ...(await this.#storeOrSplit(entries.slice(0, middle), epoch, signal)),
      ...(await this.#storeOrSplit(entries.slice(middle), epoch, signal)),
    ];
  }

  /** A span of the transaction, linked to the requests that are committed with it. */
  #trace(startedAt: Date, entries: readonly Entry[]): void {
    const { tracing, shard } = this.context;
    if (!tracing) return;
    const links = entries.flatMap(({ message }) =>
      message && isScoreMessage(message) && message.traceparent !== undefined ? [message.traceparent] : [],
    );
    if (links.length === 0) return;
    tracing.work('commit batch', startedAt, { shard: shard.tag, items: entries.length }, links);
  }

  async #park(dead: readonly Refused[], signal: AbortSignal): Promise<void> {
    const { pool, shard, metrics, logger } = this.context;
    const items = dead.map(({ item }) => Buffer.from(item));
    const reasons = dead.map(({ reason }) => reason.replaceAll('\0', '\\0'));
    await this.#untilAnswered(signal, false, async () => {
      await pool.query(parkDeadLetters, [shard.tag, items, reasons]);
    });
    metrics.parked(dead.length);
    logger.error(
      { shard: shard.tag, count: dead.length, reasons: [...new Set(reasons)].slice(0, 5) },
      'dead letters',
    );
  }

  /** Repeats while it is not the data's fault. Returns the error when it is (or when less at once may help). */
  async #untilAnswered(
    signal: AbortSignal,
    divisible: boolean,
    attempt: () => Promise<void>,
  ): Promise<Error | undefined> {
    const { shard, metrics, logger } = this.context;
    const backoff = new Backoff();
    while (!signal.aborted) {
      const startedAt = performance.now();
      try {
        await attempt();
        metrics.committed((performance.now() - startedAt) / 1000);
        return undefined;
      } catch (error) {
        if (isRefusedData(error) || (divisible && isTimeout(error))) return error as Error;
        metrics.retried();
        logger.warn({ err: (error as Error).message, shard: shard.tag }, 'batch not stored: trying again');
      }
      await backoff.wait(signal);
    }
    throw new Stopped();
  }
}

/** The events of what the ack cannot make of its text in the queue, '' when it is not told at all. */
function toldOtherwise(entries: readonly Entry[]): (readonly [number, string])[] {
  return entries.flatMap((entry) => {
    if (entry.message === undefined) return [];
    const event = publicEvent(entry);
    return event === entry.item ? [] : [[entry.at, event ?? ''] as const];
  });
}
