import { describe, expect, it } from 'vitest';
import { describeErrors, parseWrkOutput } from './wrk-result.js';

const none = { connect: 0, read: 0, write: 0, status: 0, timeout: 0 };

const outputOf = (errors: object) =>
  [
    'Running 2s test @ http://127.0.0.1:8080',
    '  10000 requests in 2.00s, 1.83MB read',
    `RESULT ${JSON.stringify({
      requests: 10_000,
      durationUs: 2_000_000,
      errors,
      latencyUs: { p50: 1, p90: 2, p99: 3, max: 4 },
    })}`,
    '',
  ].join('\n');

describe('parseWrkOutput', () => {
  it('counts only what was accepted', () => {
    const { accepted, acceptedPerSecond } = parseWrkOutput(outputOf({ ...none, status: 1000 }));
    expect({ accepted, acceptedPerSecond }).toEqual({ accepted: 9000, acceptedPerSecond: 4500 });
  });

  it('says what wrk said when it failed', () => {
    expect(() => parseWrkOutput('unable to connect to 127.0.0.1:1')).toThrow(/unable to connect/);
  });
});

describe('describeErrors', () => {
  it('is silent when all went well', () => {
    expect(describeErrors(none)).toBeUndefined();
  });

  it('names each kind', () => {
    expect(describeErrors({ ...none, status: 3, timeout: 1 })).toBe('3 answers over 399, 1 timeout errors');
  });
});
