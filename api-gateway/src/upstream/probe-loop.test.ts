import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProbeResult } from './health.js';
import { ProbeLoop } from './probe-loop.js';

const intervalMs = 1_000;
let result: ProbeResult;
let starts: number[];
let loop: ProbeLoop;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  result = { kind: 'ready' };
  starts = [];
  const begin = performance.now();
  loop = new ProbeLoop(
    async () => {
      starts.push(performance.now() - begin);
      return result;
    },
    intervalMs,
    () => {},
  );
});
afterEach(() => {
  loop.stop();
  vi.useRealTimers();
});

describe('a probe loop', () => {
  it('probes at its interval', async () => {
    await loop.start();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(starts).toEqual([0, 1_000, 2_000, 3_000]);
  });

  it('asks again soon after a silence', async () => {
    result = { kind: 'silent', reason: '' };
    await loop.start();
    await vi.advanceTimersByTimeAsync(150);
    expect(starts).toEqual([0, 100]);
  });

  it('probes early when asked to, but not more often than every 100 ms', async () => {
    await loop.start();
    await vi.advanceTimersByTimeAsync(10);
    for (let count = 0; count < 50; count++) loop.probeSoon();
    await vi.advanceTimersByTimeAsync(200);
    expect(starts).toEqual([0, 100]);
  });

  it('ends when it is stopped', async () => {
    await loop.start();
    loop.stop();
    loop.probeSoon();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(starts).toEqual([0]);
  });
});
