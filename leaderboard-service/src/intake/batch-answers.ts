import type { ServerResponse } from 'node:http';
import { type AnswerHead, encodeFrame, type Framed } from '@leaderboard/shared/http/batch-frame';

/**
 * How long an answer waits for the rest of its batch. The shards of one batch answer shortly after each other, and one message
 * costs less than one from each of them; a request that takes longer holds up the others no longer than this.
 */
const patienceMs = 5;

/** Sends the answers of a batch: all of them together, unless some take longer. */
export class BatchAnswers {
  readonly #response: ServerResponse;
  #missing: number;
  #ready: Framed<AnswerHead>[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param count of the requests, each of which will be answered once */
  constructor(response: ServerResponse, count: number) {
    this.#response = response;
    this.#missing = count;
  }

  add(at: number, status: number, headers: Record<string, string>, body: Buffer): void {
    this.#ready.push({ head: [at, status, headers], body });
    this.#missing -= 1;
    if (this.#missing === 0) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), patienceMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const frame = encodeFrame(this.#ready);
    this.#ready = [];
    if (this.#missing === 0) this.#response.end(frame);
    else this.#response.write(frame);
  }
}
