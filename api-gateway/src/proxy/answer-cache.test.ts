import { describe, expect, it, vi } from 'vitest';
import type { Outcome } from '../upstream/service-client.js';
import { AnswerCache } from './answer-cache.js';

const answer = (status: number): Outcome => ({
  answer: { status, headers: {}, body: Buffer.from(String(status)) },
  upstream: '127.0.0.1:5000',
});

describe('kept answers', () => {
  it('serve all who ask the same while it is asked, and for a moment after', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const cache = new AnswerCache(50);
    const ask = vi.fn(async () => answer(200));
    const outcomes = await Promise.all([cache.get('/top', ask), cache.get('/top', ask)]);
    vi.advanceTimersByTime(49);
    outcomes.push(await cache.get('/top', ask));
    expect(new Set(outcomes).size).toBe(1);
    expect(ask).toHaveBeenCalledTimes(1);
    await cache.get('/top?limit=5', ask);
    vi.advanceTimersByTime(1);
    await cache.get('/top', ask);
    expect(ask).toHaveBeenCalledTimes(3);
    vi.useRealTimers();
  });

  it('are good ones only', async () => {
    const cache = new AnswerCache(60_000);
    const ask = vi.fn(async () => answer(503));
    await cache.get('/top', ask);
    await cache.get('/top', ask);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('that are refusals are not shared while they are asked for, either', async () => {
    const cache = new AnswerCache(60_000);
    const outcomes = await Promise.all([1, 2, 3].map(() => cache.get('/top', async () => answer(503))));
    expect(new Set(outcomes).size).toBe(3);
  });
});
