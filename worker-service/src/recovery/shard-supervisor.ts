import type { Logger } from '@leaderboard/shared/logger';
import type pg from 'pg';
import { Backoff, pause } from '../backoff.js';
import type { ShardMetrics } from '../metrics.js';
import { type Fence, readFence } from '../sql/fence.js';
import { type RecoveryContext, type RecoveryReport, recoverShard } from './recover-shard.js';
import { ShardDoor } from './shard-door.js';

const checkEveryMs = 250;
/** Another worker may have noted that rows are missing, or Postgres may have been replaced. */
const askPostgresEveryMs = 5_000;
/** What batches in hand get to reach Postgres before a recovery reads it. */
const settleMs = 2_000;
const logEveryMs = 2_000;

export interface SupervisorContext {
  readonly recovery: Omit<RecoveryContext, 'onProgress' | 'signal'>;
  readonly pool: pg.Pool;
  /** Holds back new claims meanwhile. */
  readonly drain: { pause(atMostMs: number): Promise<void>; resume(): void };
  readonly metrics: ShardMetrics;
  readonly logger: Logger;
}

/** Watches over one shard: looks all the time whether its Redis is the one that was checked, and recovers it if not. */
export class ShardSupervisor {
  readonly #context: SupervisorContext;
  readonly #door: ShardDoor;
  readonly #stopping = new AbortController();
  readonly #backoff = new Backoff(checkEveryMs, 2_000);
  /** The epoch that Postgres gave, as far as we know. */
  #epoch = 0;
  #askedPostgresAt = Number.NEGATIVE_INFINITY;
  #trouble = '';
  #finished: Promise<void> = Promise.resolve();

  constructor(context: SupervisorContext) {
    this.#context = context;
    this.#door = new ShardDoor(context.recovery.shard, context.recovery.redis);
  }

  start(): void {
    this.#finished = this.#run();
  }

  /** Asks Postgres at the next check: rows may be missing in Redis. */
  recheck(): void {
    this.#askedPostgresAt = Number.NEGATIVE_INFINITY;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#finished;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        if (!(await this.#isSound())) await this.#recover();
        this.#context.metrics.open(true);
        this.#backoff.reset();
        this.#trouble = '';
        await pause(checkEveryMs, signal);
      } catch (error) {
        this.#context.metrics.open(false);
        if (signal.aborted) return;
        this.#report(error as Error);
        await this.#backoff.wait(signal);
      }
    }
  }

  /** Whether the shard is open at the epoch of Postgres and lacks nothing. */
  async #isSound(): Promise<boolean> {
    const epoch = await this.#door.openEpoch();
    if (epoch === 0) return false;
    const known = epoch === this.#epoch;
    if (known && performance.now() - this.#askedPostgresAt < askPostgresEveryMs) return true;
    return await this.#askPostgres(epoch, known);
  }

  async #askPostgres(epoch: number, known: boolean): Promise<boolean> {
    const { pool, recovery } = this.#context;
    this.#askedPostgresAt = performance.now();
    try {
      const { rows } = await pool.query<Fence>(readFence, [recovery.shard.tag]);
      this.#epoch = Number(rows[0]?.epoch ?? 0);
      return epoch === this.#epoch && rows[0]?.unrestored === false;
    } catch (error) {
      // A shard that was found sound before stays open while Postgres is away.
      if (known) return true;
      throw error;
    }
  }

  async #recover(): Promise<void> {
    const { recovery, drain, metrics, logger } = this.#context;
    const { tag } = recovery.shard;
    const { signal } = this.#stopping;
    const startedAt = performance.now();
    let loggedAt = startedAt;
    metrics.open(false);
    await drain.pause(settleMs);
    try {
      const onProgress = (rows: number) => {
        metrics.restoring(rows);
        if (performance.now() - loggedAt < logEveryMs) return;
        loggedAt = performance.now();
        logger.info({ shard: tag, rows, rows_per_second: rate(rows, startedAt) }, 'restoring');
      };
      const report = await recoverShard({ ...recovery, signal, onProgress }, false);
      this.#epoch = report.epoch;
      this.#askedPostgresAt = performance.now();
      metrics.recovered(report.rowsRead);
      this.#logOpen(report, startedAt);
    } finally {
      drain.resume();
    }
  }

  #logOpen(report: RecoveryReport, startedAt: number): void {
    const { alreadyOpen, epoch, rowsRead, rowsWritten, wasEmpty, floor } = report;
    const shard = this.#context.recovery.shard.tag;
    if (alreadyOpen) {
      this.#context.logger.info({ shard, epoch }, 'shard is open already');
      return;
    }
    const figures = { ms: Math.round(performance.now() - startedAt), rows: rowsRead, written: rowsWritten };
    const speed = { rows_per_second: rate(rowsRead, startedAt) };
    this.#context.logger.info(
      { shard, epoch, ...figures, ...speed, redis_was_empty: wasEmpty, floor },
      'shard opened',
    );
  }

  /** Once for each trouble, not four times a second. */
  #report(error: Error): void {
    if (error.message === this.#trouble) return;
    this.#trouble = error.message;
    this.#context.logger.warn(
      { shard: this.#context.recovery.shard.tag, err: error.message },
      'shard cannot be checked',
    );
  }
}

function rate(rows: number, sinceMs: number): number {
  return Math.round((rows * 1000) / Math.max(1, performance.now() - sinceMs));
}
