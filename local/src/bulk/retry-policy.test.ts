import { describe, expect, it } from 'vitest';
import { duration } from './progress-display.js';
import { isPassing, judgeCall, waitMs } from './retry-policy.js';

describe('a refused call', () => {
  it.each([
    [429, 'queue_full', '3', { kind: 'again', afterMs: 3000, reason: 'queue_full' }],
    [503, 'shard_rebuilding', undefined, { kind: 'again', afterMs: 100, reason: 'shard_rebuilding' }],
    [502, undefined, undefined, { kind: 'again', afterMs: 100, reason: 'status_502' }],
    [401, 'unauthorized', undefined, { kind: 'refused', reason: 'unauthorized' }],
    [200, undefined, undefined, { kind: 'ok' }],
  ])('with %s %s and Retry-After %s is %o', (status, code, retryAfter, verdict) => {
    expect(judgeCall(status, code, retryAfter, 0)).toEqual(verdict);
  });

  it('waits longer each time, up to five seconds, and never shorter than told', () => {
    expect([0, 1, 2, 20].map((attempt) => waitMs(undefined, attempt))).toEqual([100, 200, 400, 5000]);
    expect(waitMs('7', 0)).toBe(7000);
    expect(waitMs('0', 0)).toBe(100);
    expect(waitMs('Fri, 01 Jan', 0)).toBe(100);
  });

  it('of one event is sent again only if that can help', () => {
    expect(isPassing('queue_full')).toBe(true);
    expect(isPassing('region_mismatch')).toBe(false);
  });
});

describe('duration', () => {
  it.each([
    [59.4, '59 s'],
    [61, '1 min 01 s'],
    [3725, '1 h 02 min'],
    [Number.POSITIVE_INFINITY, '?'],
  ])('%s is %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
