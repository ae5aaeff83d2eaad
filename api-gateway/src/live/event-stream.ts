import type { ServerResponse } from 'node:http';
import type { Connection } from './connections.js';
import { byeEvent, type Frame, heartbeat, streamHead } from './frame.js';
import type { LiveMetrics } from './live-metrics.js';
import type { Watcher } from './watcher.js';

export interface EventStreamOptions {
  userId: string | undefined;
  /** What may wait in our memory for a slow reader. */
  bufferBytes: number;
  metrics: LiveMetrics;
  /** Whether whoever opened it may still read. */
  mayRead(): boolean;
}

/** One client of `GET /live`. */
export class EventStream implements Watcher, Connection {
  readonly userId: string | undefined;
  readonly #response: ServerResponse;
  readonly #options: EventStreamOptions;

  constructor(response: ServerResponse, options: EventStreamOptions) {
    this.#response = response;
    this.#options = options;
    this.userId = options.userId;
    response.write(streamHead);
  }

  send(frame: Frame): void {
    this.#write(frame.sse);
    this.#options.metrics.sent('sse');
  }

  beat(): void {
    if (this.#options.mayRead()) {
      this.#write(heartbeat);
    } else {
      this.#options.metrics.dropped('token_ended');
      this.#response.end();
    }
  }

  end(retryMs: number): void {
    this.#response.end(byeEvent(retryMs));
  }

  destroy(): void {
    this.#response.destroy();
  }

  #write(bytes: Buffer): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    if (this.#response.writableLength > this.#options.bufferBytes) {
      this.#options.metrics.dropped('slow');
      this.destroy();
      return;
    }
    this.#response.write(bytes);
  }
}
