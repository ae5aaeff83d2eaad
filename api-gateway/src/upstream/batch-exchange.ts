import type { IncomingHttpHeaders } from 'node:http';
import { type AnswerHead, FrameDecoder, isAnswerHead } from '@leaderboard/shared/http/batch-frame';
import { type Dispatcher, errors } from 'undici';
import type { Answer, Call, Delivery, Failure, FailureKind } from './call.js';

/** A request that waits for its answer. */
export interface Pending {
  readonly call: Call;
  /** Of `performance.now()`. */
  readonly deadline: number;
  readonly settle: (outcome: Answer | Failure) => void;
}

/** How a batch went for the upstream: the answer's headers when it answered at all, else what went wrong. */
export type BatchEnd = { readonly headers: IncomingHttpHeaders } | Failure;

const maxFrameBytes = 64 * 1024 * 1024;

/**
 * Many requests in one exchange, each with an outcome of its own (shared/src/http/batch-frame.ts). Answers are handed on as they come; what is
 * still missing when the exchange ends has failed as the exchange did. Whether it was sent: as in Exchange.
 */
export class BatchExchange implements Dispatcher.DispatchHandler, Delivery {
  readonly #pending: (Pending | undefined)[];
  readonly #decoder = new FrameDecoder<AnswerHead>(isAnswerHead, maxFrameBytes);
  readonly #onAnswer: () => void;
  readonly #onEnd: (end: BatchEnd) => void;
  #open: number;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders | undefined;
  #ended = false;

  /**
   * @param onAnswer is called with the first answers.
   * @param onEnd is called once, when nothing is under way any more.
   */
  constructor(pending: readonly Pending[], onAnswer: () => void, onEnd: (end: BatchEnd) => void) {
    this.#pending = [...pending];
    this.#open = pending.length;
    this.#onAnswer = onAnswer;
    this.#onEnd = onEnd;
  }

  get requests(): number {
    return this.#open;
  }

  endLate(now: number): void {
    this.#endWhere('late', 'no answer within the deadline', ({ deadline }) => deadline <= now);
  }

  abandon(reason: string): void {
    const sent = this.#sent;
    this.#endWhere('abandoned', reason, ({ call }) => !sent || call.redelivery !== 'harmful');
  }

  withdraw(reason: string): void {
    if (!this.#sent) this.#endWhere('abandoned', reason, () => true);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#ended) controller.abort(new Error('ended while it was queued'));
    else this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#status !== 200 || this.#ended) return;
    try {
      for (const { head, body } of this.#decoder.push(chunk)) {
        const [at, status, headers] = head;
        this.#settle(at, { status, headers, body });
      }
      this.#onAnswer();
    } catch (error) {
      this.#fail('lost', `the answers cannot be read: ${String(error)}`);
      controller.abort(error as Error);
    }
  }

  onResponseEnd(): void {
    // Refused as a whole before any of it was begun: an older instance, for example.
    if (this.#status !== 200) {
      this.#settleAll({ kind: 'unbatchable', sent: false, reason: `batches are answered ${this.#status}` });
    }
    if (this.#open > 0) this.#fail('lost', 'some answers are missing');
    else this.#end({ headers: this.#headers ?? {} });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (error instanceof errors.InvalidArgumentError) this.#fail('unsendable', error.message);
    else this.#fail(this.#sent ? 'lost' : 'unreachable', error.message);
  }

  get #sent(): boolean {
    return this.#controller !== undefined;
  }

  #endWhere(kind: FailureKind, reason: string, isOver: (pending: Pending) => boolean): void {
    const failure = { kind, sent: this.#sent, reason };
    for (const [at, pending] of this.#pending.entries()) {
      if (pending && isOver(pending)) this.#settle(at, failure);
    }
    if (this.#open > 0 || this.#ended) return;
    // An upstream that has answered some of it is alive.
    this.#end(this.#status === 200 ? { headers: this.#headers ?? {} } : failure);
    this.#controller?.abort(new Error(reason));
  }

  #fail(kind: FailureKind, reason: string): void {
    const failure = { kind, sent: this.#sent, reason };
    this.#settleAll(failure);
    this.#end(failure);
  }

  #settleAll(failure: Failure): void {
    for (const at of this.#pending.keys()) this.#settle(at, failure);
  }

  #settle(at: number, outcome: Answer | Failure): void {
    const pending = this.#pending[at];
    if (!pending) return;
    this.#pending[at] = undefined;
    this.#open -= 1;
    pending.settle(outcome);
  }

  #end(end: BatchEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd(end);
  }
}
