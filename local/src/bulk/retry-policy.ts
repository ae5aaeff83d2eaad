/**
 * What an answer means for the one who wrote. Events carry an event_id, so whatever may not have happened can be sent
 * again.
 */
export type Verdict =
  /** Not applied, or nobody knows: the same again after this long. */
  | { readonly kind: 'again'; readonly afterMs: number; readonly reason: string }
  /** No repetition will help. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'ok' };

/** Codes of single events that may succeed later. */
const passing = new Set([
  'queue_full',
  'region_rate_limited',
  'user_rate_limited',
  'ip_rate_limited',
  'shard_rebuilding',
  'store_unavailable',
  'no_upstream',
  'outcome_unknown',
]);
const leastWaitMs = 100;
const mostWaitMs = 5_000;

export const isPassing = (code: string): boolean => passing.has(code);

/** A whole call. `retryAfter` is the header as it came, in seconds. */
export function judgeCall(
  status: number,
  code: string | undefined,
  retryAfter: string | undefined,
  attempt: number,
): Verdict {
  if (status === 200 || status === 201) return { kind: 'ok' };
  const reason = code ?? `status_${status}`;
  if (status === 429 || status === 408 || status >= 500)
    return { kind: 'again', afterMs: waitMs(retryAfter, attempt), reason };
  return { kind: 'refused', reason };
}

/** As the server says, else growing from a tenth of a second to five. */
export function waitMs(retryAfter: string | undefined, attempt: number): number {
  const seconds = Number(retryAfter);
  if (retryAfter !== undefined && seconds >= 0)
    return Math.min(60_000, Math.max(leastWaitMs, seconds * 1000));
  return Math.min(mostWaitMs, leastWaitMs * 2 ** Math.min(attempt, 10));
}
