import type { Problem } from '@leaderboard/shared/http/problems';
import type { Address } from './addresses.js';
import type { BatchLane, Delivered } from './batch-lane.js';
import type { Answer, Call, Failure } from './call.js';
import { isAnswer } from './exchange.js';
import { mayRetry, problemOf } from './retry-policy.js';
import type { Upstream } from './upstream.js';
import type { UpstreamMetrics } from './upstream-metrics.js';
import type { UpstreamSet } from './upstream-set.js';

/** Either the service's answer or what to tell the client instead, and who was asked last. */
export type Outcome =
  | { answer: Answer; upstream: Address }
  | { problem: Problem; upstream: Address | undefined };

/** Sends requests to whichever upstream is fit, again to another one where that is safe, within one deadline. */
export class ServiceClient {
  readonly #upstreams: UpstreamSet;
  readonly #timeoutMs: number;
  readonly #metrics: UpstreamMetrics;
  /** Undefined: every request travels by itself. */
  readonly #lane: BatchLane | undefined;

  constructor(
    upstreams: UpstreamSet,
    timeoutMs: number,
    metrics: UpstreamMetrics,
    lane: BatchLane | undefined,
  ) {
    this.#upstreams = upstreams;
    this.#timeoutMs = timeoutMs;
    this.#metrics = metrics;
    this.#lane = lane;
  }

  async send(call: Call): Promise<Outcome> {
    const deadline = performance.now() + this.#timeoutMs;
    const tried: Upstream[] = [];
    let failure: Failure | undefined;
    let everSent = false;
    // Whatever goes out again does so by itself: a batch that failed must not fail again for the sake of one of its requests.
    let delivered = call.batched ? await this.#lane?.send(call, deadline) : undefined;

    for (;;) {
      delivered ??= await this.#deliver(call, deadline, tried);
      if (!delivered) break;
      const { outcome, upstream } = delivered;
      delivered = undefined;
      if (upstream) tried.push(upstream);
      if (upstream && isAnswer(outcome)) {
        this.#metrics.answered(upstream.address);
        return { answer: outcome, upstream: upstream.address };
      }

      failure = outcome as Failure;
      everSent ||= failure.sent;
      if (upstream) this.#metrics.failed(upstream.address, failure.kind);
      const remainingMs = deadline - performance.now();
      if (!mayRetry({ failure, redelivery: call.redelivery, deliveries: tried.length, remainingMs })) break;
      this.#metrics.retried(failure.kind);
    }
    return { problem: problemOf(failure, call.redelivery, everSent), upstream: tried.at(-1)?.address };
  }

  async #deliver(call: Call, deadline: number, tried: readonly Upstream[]): Promise<Delivered | undefined> {
    const upstream = this.#upstreams.pick(tried);
    return upstream && { outcome: await upstream.exchange(call, deadline), upstream };
  }
}
