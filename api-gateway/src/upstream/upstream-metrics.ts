import type { Registry } from '@leaderboard/shared/http/metrics';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Address } from './addresses.js';
import type { FailureKind } from './call.js';
import type { HealthStatus } from './health.js';
import type { UpstreamState } from './upstream.js';

const statuses: HealthStatus[] = ['starting', 'up', 'trial', 'ejected', 'not_ready', 'down'];
const failures: FailureKind[] = ['unreachable', 'lost', 'late', 'abandoned', 'unsendable', 'unbatchable'];
const outcomes = ['answered', ...failures];

/** What `/metrics` says about the upstreams. */
export class UpstreamMetrics {
  readonly #registry: Registry;
  readonly #requests: Counter<'upstream' | 'outcome'>;
  readonly #retries: Counter<'reason'>;
  readonly #ejections: Counter<'upstream' | 'status'>;
  readonly #batches: Histogram;
  /** Looking a labelled counter up costs more than counting. */
  readonly #answered = new Map<Address, Counter.Internal>();

  constructor(registry: Registry) {
    this.#registry = registry;
    const registers = [registry];
    this.#requests = new Counter({
      name: 'gateway_upstream_requests_total',
      help: 'Requests handed to an upstream, by what became of them',
      labelNames: ['upstream', 'outcome'],
      registers,
    });
    this.#retries = new Counter({
      name: 'gateway_upstream_retries_total',
      help: 'Requests that were delivered again, by why',
      labelNames: ['reason'],
      registers,
    });
    for (const reason of failures) this.#retries.inc({ reason }, 0);
    this.#ejections = new Counter({
      name: 'gateway_upstream_ejections_total',
      help: 'How often an upstream was taken out, by the status it got',
      labelNames: ['upstream', 'status'],
      registers,
    });
    this.#batches = new Histogram({
      name: 'gateway_upstream_batch_requests',
      help: 'Requests that travelled to an upstream together',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    });
  }

  batchSent(requests: number): void {
    this.#batches.observe(requests);
  }

  /** Reads the states when they are asked for, by the kind of the upstreams. */
  watch(kinds: Readonly<Record<string, () => UpstreamState[]>>): void {
    const registers = [this.#registry];
    new Gauge({
      name: 'gateway_upstream_state',
      help: '1 for the status that an upstream has, 0 for the others',
      labelNames: ['kind', 'upstream', 'status'] as const,
      registers,
      collect() {
        this.reset();
        for (const [kind, states] of Object.entries(kinds)) {
          for (const { url, status } of states()) {
            for (const each of statuses)
              this.set({ kind, upstream: new URL(url).host, status: each }, Number(each === status));
          }
        }
      },
    });
    new Gauge({
      name: 'gateway_upstreams_up',
      help: 'Upstreams that get requests; 0 also when no address is known',
      labelNames: ['kind'] as const,
      registers,
      collect() {
        for (const [kind, states] of Object.entries(kinds))
          this.set({ kind }, states().filter(({ status }) => status === 'up').length);
      },
    });
  }

  answered(upstream: Address): void {
    let counter = this.#answered.get(upstream);
    if (!counter) {
      counter = this.#requests.labels({ upstream, outcome: 'answered' });
      this.#answered.set(upstream, counter);
    }
    counter.inc();
  }

  failed(upstream: Address, kind: FailureKind): void {
    this.#requests.inc({ upstream, outcome: kind });
  }

  retried(reason: FailureKind): void {
    this.#retries.inc({ reason });
  }

  ejected(upstream: Address, status: HealthStatus): void {
    this.#ejections.inc({ upstream, status });
  }

  /** Addresses come and go; the figures of one that left go with it. */
  forget(upstream: Address): void {
    this.#answered.delete(upstream);
    for (const outcome of outcomes) this.#requests.remove({ upstream, outcome });
    for (const status of statuses) this.#ejections.remove({ upstream, status });
  }
}
