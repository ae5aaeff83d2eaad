import type { IncomingHttpHeaders } from 'node:http';

/**
 * What a second delivery of a request would do.
 * - `harmless`: nothing; it only reads
 * - `keyed`: nothing; the service recognises its key and answers as before
 * - `harmful`: possibly a second write
 */
export type Redelivery = 'harmless' | 'keyed' | 'harmful';

/** A request for the service, ready to be sent to any instance. */
export interface Call {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Name, value, name, value, … */
  readonly headers: string[];
  readonly body: Buffer | undefined;
  readonly redelivery: Redelivery;
  /** Whether it may travel with others: small, and answered soon. */
  readonly batched?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export type FailureKind =
  /** No connection could be made. */
  | 'unreachable'
  /** The connection broke before the answer was complete. */
  | 'lost'
  /** The deadline passed. */
  | 'late'
  /** The upstream was found dead while the request waited for it. */
  | 'abandoned'
  /** It cannot be written as an HTTP request. */
  | 'unsendable'
  /** The upstream takes no batches; this is sent by itself then. */
  | 'unbatchable';

export interface Failure {
  readonly kind: FailureKind;
  /** False only when it is certain that not a byte of the request was written. */
  readonly sent: boolean;
  readonly reason: string;
}

/** What is under way to one upstream: a request, or a batch of them. */
export interface Delivery {
  readonly requests: number;
  /** Ends what is past its deadline at this time of `performance.now()`. */
  endLate(now: number): void;
  /** The upstream was found dead: whatever may be delivered again need not wait here. */
  abandon(reason: string): void;
  /** The upstream is stopping: what was not sent yet goes elsewhere. */
  withdraw(reason: string): void;
}
