import type { ServerResponse } from 'node:http';
import { type AnswerHead, encodeFrame, type Framed } from '@leaderboard/shared/http/batch-frame';

/**
 * Sends the answers of a batch: what is ready when the loop turns leaves together, so that nobody waits for one that takes
 * longer, and usually all of them leave at once.
 */
export class BatchAnswers {
  readonly #response: ServerResponse;
  #missing: number;
  #ready: Framed<AnswerHead>[] = [];
  #scheduled = false;

  /** @param count of the requests, each of which will be answered once */
  constructor(response: ServerResponse, count: number) {
    this.#response = response;
    this.#missing = count;
  }

  add(at: number, status: number, headers: Record<string, string>, body: Buffer): void {
    this.#ready.push({ head: [at, status, headers], body });
    this.#missing -= 1;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const frame = encodeFrame(this.#ready);
    this.#ready = [];
    if (this.#missing === 0) this.#response.end(frame);
    else this.#response.write(frame);
  }
}
