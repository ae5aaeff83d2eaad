import type { Pending } from './batch-exchange.js';
import type { Answer, Call, Failure } from './call.js';
import type { Upstream } from './upstream.js';
import type { UpstreamMetrics } from './upstream-metrics.js';
import type { UpstreamSet } from './upstream-set.js';

/** What became of a request, and where it was sent; nowhere if its deadline passed before. */
export interface Delivered {
  readonly outcome: Answer | Failure;
  readonly upstream: Upstream | undefined;
}

interface Waiting {
  readonly call: Call;
  readonly deadline: number;
  readonly settle: (delivered: Delivered | undefined) => void;
}

const maxRequests = 256;
/** How late a deadline may be noticed, and a change of the upstreams. */
const checkMs = 50;

/**
 * Gathers small requests and hands them to an upstream together, because fewer, larger messages are what saves most. A batch
 * leaves when the event loop turns and an upstream has room for one, so a request that is alone waits for nothing, and
 * batches grow by themselves under load. A timer would only add its delay.
 */
export class BatchLane {
  readonly #upstreams: UpstreamSet;
  readonly #metrics: UpstreamMetrics;
  readonly #timer: NodeJS.Timeout;
  #waiting: Waiting[] = [];
  #scheduled = false;

  constructor(upstreams: UpstreamSet, metrics: UpstreamMetrics) {
    this.#upstreams = upstreams;
    this.#metrics = metrics;
    this.#timer = setInterval(() => this.#check(), checkMs).unref();
  }

  /** Undefined when no upstream takes requests now. */
  send(call: Call, deadline: number): Promise<Delivered | undefined> {
    return new Promise((settle) => {
      this.#waiting.push({ call, deadline, settle });
      this.#flushSoon();
    });
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #flushSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    while (this.#waiting.length > 0) {
      const upstream = this.#upstreams.pickForBatch(this.#waiting.length);
      if (upstream === 'none') this.#giveUp();
      if (typeof upstream === 'string') return;
      // On trial is who takes one request.
      const size = upstream.health.status === 'trial' ? 1 : maxRequests;
      this.#deliver(upstream, this.#waiting.splice(0, size));
    }
  }

  #deliver(upstream: Upstream, batch: readonly Waiting[]): void {
    const pending = batch.map(
      ({ call, deadline, settle }): Pending => ({
        call,
        deadline,
        settle: (outcome) => settle({ outcome, upstream }),
      }),
    );
    this.#metrics.batchSent(pending.length);
    upstream.exchangeBatch(pending, () => this.#flushSoon());
  }

  #giveUp(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { settle } of waiting) settle(undefined);
  }

  #check(): void {
    if (this.#waiting.length === 0) return;
    const now = performance.now();
    const outcome: Failure = {
      kind: 'late',
      sent: false,
      reason: 'no upstream had room within the deadline',
    };
    for (const { deadline, settle } of this.#waiting)
      if (deadline <= now) settle({ outcome, upstream: undefined });
    this.#waiting = this.#waiting.filter(({ deadline }) => deadline > now);
    this.#flush();
  }
}
