import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { FrameDecoder, isAnswerHead } from '@leaderboard/shared/http/batch-frame';
import { describe, expect, it } from 'vitest';
import { BatchAnswers } from './batch-answers.js';

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
  it('leave together when all are there', async () => {
    const { stream, add, read } = open(3);
    for (const at of [2, 0, 1]) add(at);
    await turn();
    expect(read()).toEqual([2, 0, 1]);
    expect(stream.writableEnded).toBe(true);
  });

  it('do not wait for one that takes longer', async () => {
    const { stream, add, read } = open(3);
    add(0);
    add(2);
    await turn();
    expect(read()).toEqual([0, 2]);
    expect(stream.writableEnded).toBe(false);
    add(1);
    await turn();
    expect(read()).toEqual([1]);
    expect(stream.writableEnded).toBe(true);
  });
});
