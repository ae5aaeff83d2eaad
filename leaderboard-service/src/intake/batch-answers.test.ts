import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { FrameDecoder, isAnswerHead } from '@leaderboard/shared/http/batch-frame';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BatchAnswers } from './batch-answers.js';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => vi.useRealTimers());

function open(count: number) {
  const stream = new PassThrough();
  const answers = new BatchAnswers(stream as unknown as ServerResponse, count);
  const decoder = new FrameDecoder(isAnswerHead, 1e6);
  const add = (at: number) => answers.add(at, 200, {}, Buffer.from(`answer ${at}`));
  const read = () =>
    decoder.push((stream.read() as Buffer | null) ?? Buffer.alloc(0)).map(({ head }) => head[0]);
  return { stream, add, read };
}

describe('the answers of a batch', () => {
  it('leave together as soon as all are there', () => {
    const { stream, add, read } = open(3);
    add(2);
    add(0);
    expect(read()).toEqual([]);
    add(1);
    expect(read()).toEqual([2, 0, 1]);
    expect(stream.writableEnded).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('wait a moment only for one that takes longer', () => {
    const { stream, add, read } = open(3);
    add(0);
    add(2);
    vi.advanceTimersToNextTimer();
    expect(read()).toEqual([0, 2]);
    expect(stream.writableEnded).toBe(false);
    add(1);
    expect(read()).toEqual([1]);
    expect(stream.writableEnded).toBe(true);
  });
});
