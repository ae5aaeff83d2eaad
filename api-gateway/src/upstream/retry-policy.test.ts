import { describe, expect, it } from 'vitest';
import type { Failure, Redelivery } from './call.js';
import { mayRetry, problemOf } from './retry-policy.js';

const failure = (kind: Failure['kind'], sent: boolean): Failure => ({ kind, sent, reason: 'because' });
const lost = failure('lost', true);
const late = failure('late', true);
const refused = failure('unreachable', false);
const context = (failure: Failure, redelivery: Redelivery) => ({
  failure,
  redelivery,
  deliveries: 1,
  remainingMs: 1_000,
});

describe('mayRetry', () => {
  it.each([
    ['a read whose connection was lost', lost, 'harmless', true],
    ['a write with a key whose connection was lost', lost, 'keyed', true],
    ['a write without a key whose connection was lost', lost, 'harmful', false],
    ['a read that was never sent', refused, 'harmless', true],
    ['a write without a key that was never sent', refused, 'harmful', true],
    ['a read on an upstream that died', failure('abandoned', true), 'harmless', true],
    ['what cannot be written as a request', failure('unsendable', false), 'harmless', false],
  ] as const)('%s', (_name, why, redelivery, expected) => {
    expect(mayRetry(context(why, redelivery))).toBe(expected);
  });

  it('a second time, not a third', () => {
    expect(mayRetry({ ...context(lost, 'harmless'), deliveries: 2 })).toBe(true);
    expect(mayRetry({ ...context(lost, 'harmless'), deliveries: 3 })).toBe(false);
  });

  it('not when the deadline is near', () => {
    expect(mayRetry({ ...context(lost, 'harmless'), remainingMs: 5 })).toBe(false);
  });
});

describe('problemOf', () => {
  it.each([
    ['no upstream at all', undefined, 'harmless', false, 503, 'no_upstream'],
    ['a write that was never sent', refused, 'harmful', false, 503, 'no_upstream'],
    ['a read that was lost', lost, 'harmless', true, 502, 'bad_gateway'],
    ['a read that was late', late, 'harmless', true, 504, 'gateway_timeout'],
    ['a write that was lost', lost, 'harmful', true, 502, 'outcome_unknown'],
    ['a write that was late', late, 'harmful', true, 504, 'outcome_unknown'],
    ['a keyed write that was lost', lost, 'keyed', true, 502, 'outcome_unknown'],
    ['a keyed write that was lost, then refused', refused, 'keyed', true, 502, 'outcome_unknown'],
    ['an unsendable request', failure('unsendable', false), 'harmful', false, 400, 'invalid_request'],
  ] as const)('%s', (_name, why, redelivery, everSent, status, code) => {
    expect(problemOf(why, redelivery, everSent)).toMatchObject({ status, code });
  });

  it('says when to come back if nothing was applied', () => {
    expect(problemOf(undefined, 'harmful', false).options.retryAfterSeconds).toBe(1);
  });
});
