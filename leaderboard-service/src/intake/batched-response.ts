import { EventEmitter } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** @param headers with lower-case names; lengths and connection handling are of the batch, not of one answer */
export type Answered = (status: number, headers: Record<string, string>, body: Buffer) => void;

/**
 * Where Fastify writes the answer to one request of a batch, in the shape of Node's response. A real stream would cost more than
 * the route itself; answers that are streams do not travel in batches.
 */
export class BatchedResponse extends EventEmitter {
  statusCode = 200;
  statusMessage = '';
  headersSent = false;
  writableEnded = false;
  destroyed = false;
  readonly #answered: Answered;
  readonly #headers: Record<string, string> = {};
  readonly #chunks: Buffer[] = [];

  constructor(answered: Answered) {
    super();
    this.#answered = answered;
  }

  setHeader(name: string, value: number | string | readonly string[]): this {
    this.#headers[name.toLowerCase()] = String(value);
    return this;
  }

  getHeader(name: string): string | undefined {
    return this.#headers[name.toLowerCase()];
  }

  getHeaders(): Record<string, string> {
    return this.#headers;
  }

  hasHeader(name: string): boolean {
    return name.toLowerCase() in this.#headers;
  }

  removeHeader(name: string): void {
    delete this.#headers[name.toLowerCase()];
  }

  writeHead(status: number, headers: OutgoingHttpHeaders = {}): this {
    this.statusCode = status;
    this.headersSent = true;
    for (const name in headers) {
      const value = headers[name];
      if (value !== undefined && name !== 'content-length') this.setHeader(name, value);
    }
    return this;
  }

  write(chunk: string | Buffer): boolean {
    this.#chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    return true;
  }

  end(chunk?: string | Buffer | null): this {
    if (this.writableEnded) return this;
    this.writableEnded = true;
    if (chunk !== undefined && chunk !== null) this.write(chunk);
    const [first = Buffer.alloc(0)] = this.#chunks;
    const body = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : first;
    this.#answered(this.statusCode, this.#headers, body);
    // As Node does: whoever ends it may still have something to do before it is called.
    process.nextTick(() => this.emit('finish'));
    return this;
  }

  /** Whatever broke, the gateway waits for an answer. */
  destroy(): this {
    this.destroyed = true;
    this.statusCode = 500;
    return this.end();
  }

  asServerResponse(): ServerResponse {
    return this as unknown as ServerResponse;
  }
}
