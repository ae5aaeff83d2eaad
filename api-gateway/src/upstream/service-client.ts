import type { Problem } from '@leaderboard/shared/http/problems';
import type { Address } from './addresses.js';
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

  constructor(upstreams: UpstreamSet, timeoutMs: number, metrics: UpstreamMetrics) {
    this.#upstreams = upstreams;
    this.#timeoutMs = timeoutMs;
    this.#metrics = metrics;
  }

  async send(call: Call): Promise<Outcome> {
    const deadline = performance.now() + this.#timeoutMs;
    const tried: Upstream[] = [];
    let failure: Failure | undefined;
    let everSent = false;

    for (;;) {
      const upstream = this.#upstreams.pick(tried);
      if (!upstream) break;
      tried.push(upstream);
      const outcome = await upstream.exchange(call, deadline);
      if (isAnswer(outcome)) {
        this.#metrics.answered(upstream.address);
        return { answer: outcome, upstream: upstream.address };
      }

      failure = outcome;
      everSent ||= outcome.sent;
      this.#metrics.failed(upstream.address, outcome.kind);
      const remainingMs = deadline - performance.now();
      if (!mayRetry({ failure, redelivery: call.redelivery, deliveries: tried.length, remainingMs })) break;
      this.#metrics.retried(outcome.kind);
    }
    return { problem: problemOf(failure, call.redelivery, everSent), upstream: tried.at(-1)?.address };
  }
}
