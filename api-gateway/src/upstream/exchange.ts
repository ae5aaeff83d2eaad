import type { IncomingHttpHeaders } from 'node:http';
import { type Dispatcher, errors } from 'undici';
import type { Answer, Call, Delivery, Failure, FailureKind } from './call.js';

/**
 * One request to one upstream and its one outcome.
 *
 * Whether a failed request may have been executed hangs on one fact: undici calls `onRequestStart` right
 * before it writes a request to a socket, and not before. A failure without that call (no connection, or
 * still queued for one) was never sent. After it nothing is certain: even on a connection that was closed
 * while idle, bytes that the kernel took may or may not have been read.
 */
export class Exchange implements Dispatcher.DispatchHandler, Delivery {
  readonly requests = 1;
  readonly #call: Call;
  readonly #deadline: number;
  readonly #settle: (outcome: Answer | Failure) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #chunks: Buffer[] = [];

  /** @param deadline of `performance.now()` */
  constructor(call: Call, deadline: number, settle: (outcome: Answer | Failure) => void) {
    this.#call = call;
    this.#deadline = deadline;
    this.#settle = settle;
  }

  endLate(now: number): void {
    if (this.#deadline <= now) this.#end('late', 'no answer within the deadline');
  }

  abandon(reason: string): void {
    if (!this.#sent || this.#call.redelivery !== 'harmful') this.#end('abandoned', reason);
  }

  withdraw(reason: string): void {
    if (!this.#sent) this.#end('abandoned', reason);
  }

  get #sent(): boolean {
    return this.#controller !== undefined;
  }

  /** Ends it from our side. The connection is closed, as its answer may still come. */
  #end(kind: FailureKind, reason: string): void {
    this.#fail(kind, reason);
    this.#controller?.abort(new Error(reason));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) controller.abort(new Error('ended while it was queued'));
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

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first = Buffer.alloc(0)] = this.#chunks;
    const body = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : first;
    this.#finish({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    if (error instanceof errors.InvalidArgumentError) this.#fail('unsendable', error.message);
    else this.#fail(this.#sent ? 'lost' : 'unreachable', error.message);
  }

  #fail(kind: FailureKind, reason: string): void {
    this.#finish({ kind, sent: this.#sent, reason });
  }

  #finish(outcome: Answer | Failure): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#settle(outcome);
  }
}

export const isAnswer = (outcome: Answer | Failure): outcome is Answer => 'status' in outcome;
