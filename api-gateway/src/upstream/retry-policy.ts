import { Problem } from '@leaderboard/shared/http/problems';
import type { Failure, Redelivery } from './call.js';

/** Deliveries of one request in all, the first included. */
const maxDeliveries = 3;
/** With less time left than this another try would only add load. */
const shortestTryMs = 20;
const retryAfterSeconds = 1;

export interface RetryContext {
  failure: Failure;
  redelivery: Redelivery;
  /** How often it was handed to an upstream so far. */
  deliveries: number;
  remainingMs: number;
}

/** A request goes out again only if that cannot write twice: it was never sent, or a second delivery does nothing. */
export function mayRetry({ failure, redelivery, deliveries, remainingMs }: RetryContext): boolean {
  if (failure.kind === 'unsendable' || deliveries >= maxDeliveries || remainingMs < shortestTryMs)
    return false;
  return !failure.sent || redelivery !== 'harmful';
}

/**
 * What the client is told when there is no further try.
 * @param everSent whether any of the tries may have reached a service
 */
export function problemOf(failure: Failure | undefined, redelivery: Redelivery, everSent: boolean): Problem {
  if (failure?.kind === 'unsendable') return new Problem('invalid_request', failure.reason);
  if (!failure || !everSent) {
    return new Problem(
      'no_upstream',
      'No service that answers this can be reached now; nothing was applied',
      {
        retryAfterSeconds,
      },
    );
  }
  const late = failure.kind === 'late';
  if (redelivery === 'harmless') {
    return late
      ? new Problem('gateway_timeout', 'The service did not answer in time')
      : new Problem('bad_gateway', 'The connection to the service was lost');
  }
  const what = late ? 'No answer came in time' : 'The connection was lost before the answer came';
  return new Problem(
    'outcome_unknown',
    `${what}; send it again with the same Idempotency-Key`,
    late ? { status: 504 } : {},
  );
}
