import type { Shard } from '@leaderboard/shared/topology/shards';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What one shard's loops tell. */
export interface ShardMetrics {
  claimed(items: number): void;
  committed(seconds: number): void;
  /** Versions, which are the µs at which the messages were accepted. */
  stored(versions: readonly number[]): void;
  parked(items: number): void;
  retried(): void;
  open(open: boolean): void;
  /** Rows so far of the recovery that runs. */
  restoring(rows: number): void;
  swept(users: number): void;
  recovered(rows: number): void;
}

export interface QueueFigures {
  readonly waiting: number;
  readonly inFlight: number;
  readonly dead: number;
  readonly oldestAgeSeconds: number;
}

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The worker's figures, each with a `shard` label. */
export class WorkerMetrics {
  readonly #batch: Histogram<'shard'>;
  readonly #commit: Histogram<'shard'>;
  readonly #lag: Histogram<'shard'>;
  readonly #stored: Counter<'shard'>;
  readonly #parked: Counter<'shard'>;
  readonly #retries: Counter<'shard'>;
  readonly #open: Gauge<'shard'>;
  readonly #restoring: Gauge<'shard'>;
  readonly #recoveries: Counter<'shard'>;
  readonly #restored: Counter<'shard'>;
  readonly #swept: Counter<'shard'>;

  constructor(private readonly registry: Registry) {
    const of = (name: string, help: string) => ({
      name,
      help,
      labelNames: ['shard'] as const,
      registers: [registry],
    });
    this.#batch = new Histogram({
      ...of('worker_batch_items', 'Queue items in a claim'),
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000],
    });
    this.#commit = new Histogram({
      ...of('worker_commit_seconds', 'Time of a transaction, COMMIT included'),
      buckets: secondsBuckets,
    });
    this.#lag = new Histogram({
      ...of('worker_durable_lag_seconds', 'Time from the acceptance of a write to its COMMIT'),
      buckets: secondsBuckets,
    });
    this.#stored = new Counter(of('worker_stored_items_total', 'Queue items stored in Postgres'));
    this.#parked = new Counter(of('worker_dead_letters_total', 'Queue items refused for good'));
    this.#retries = new Counter(of('worker_retries_total', 'Transactions that failed and were tried again'));
    this.#open = new Gauge(of('worker_shard_open', '1 when the shard is checked and open'));
    this.#restoring = new Gauge(
      of('worker_restoring_rows', 'Rows read so far by the recovery that runs, 0 when none'),
    );
    this.#recoveries = new Counter(of('worker_recoveries_total', 'Recoveries that opened the shard'));
    this.#restored = new Counter(
      of('worker_restored_rows_total', 'Rows read by recoveries that opened the shard'),
    );
    this.#swept = new Counter(
      of('worker_swept_users_total', 'Users of whom something left a rolling window'),
    );
  }

  of({ tag: shard }: Shard): ShardMetrics {
    // Shown as 0 before anything happens, because rates and alerts need a beginning.
    for (const histogram of [this.#batch, this.#commit, this.#lag]) histogram.zero({ shard });
    for (const counter of [this.#stored, this.#parked, this.#retries]) counter.inc({ shard }, 0);
    for (const counter of [this.#recoveries, this.#restored, this.#swept]) counter.inc({ shard }, 0);
    for (const gauge of [this.#open, this.#restoring]) gauge.set({ shard }, 0);
    return {
      claimed: (items) => this.#batch.observe({ shard }, items),
      committed: (seconds) => this.#commit.observe({ shard }, seconds),
      stored: (versions) => {
        const nowMs = Date.now();
        this.#stored.inc({ shard }, versions.length);
        for (const version of versions)
          this.#lag.observe({ shard }, Math.max(0, nowMs - version / 1000) / 1000);
      },
      parked: (items) => this.#parked.inc({ shard }, items),
      retried: () => this.#retries.inc({ shard }),
      open: (open) => this.#open.set({ shard }, open ? 1 : 0),
      restoring: (rows) => this.#restoring.set({ shard }, rows),
      swept: (users) => this.#swept.inc({ shard }, users),
      recovered: (rows) => {
        this.#restoring.set({ shard }, 0);
        this.#recoveries.inc({ shard });
        this.#restored.inc({ shard }, rows);
      },
    };
  }

  /** Figures that are asked of Redis when they are scraped; a shard that cannot be asked is left out. */
  watchQueues(shards: readonly Shard[], read: (shard: Shard) => Promise<QueueFigures>): void {
    const readAll = () =>
      Promise.allSettled(shards.map(async (shard) => [shard.tag, await read(shard)] as const));
    // A scrape asks all gauges at once: they share one reading.
    let reading: ReturnType<typeof readAll> | undefined;
    const gauge = (name: string, help: string, pick: (figures: QueueFigures) => number) =>
      new Gauge({
        name,
        help,
        labelNames: ['shard'] as const,
        registers: [this.registry],
        async collect() {
          reading ??= readAll().finally(() => {
            reading = undefined;
          });
          const answers = await reading;
          this.reset();
          for (const answer of answers) {
            if (answer.status === 'fulfilled') this.set({ shard: answer.value[0] }, pick(answer.value[1]));
          }
        },
      });
    gauge('worker_queue_depth', 'Items waiting', ({ waiting }) => waiting);
    gauge('worker_queue_in_flight', 'Items claimed and not yet stored', ({ inFlight }) => inFlight);
    gauge('worker_queue_dead', 'Dead letters in Redis', ({ dead }) => dead);
    gauge(
      'worker_queue_oldest_age_seconds',
      'Age of the oldest item that is not stored',
      ({ oldestAgeSeconds }) => oldestAgeSeconds,
    );
  }
}
