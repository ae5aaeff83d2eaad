import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Writable } from 'node:stream';

/** @param headers with lower-case names; lengths and connection handling are of the batch, not of one answer */
export type Answered = (status: number, headers: Record<string, string>, body: Buffer) => void;

/** Where Fastify writes the answer to one request of a batch, in the shape of Node's response. */
export class BatchedResponse extends Writable {
  statusCode = 200;
  statusMessage = '';
  headersSent = false;
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

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }

  override _final(done: () => void): void {
    const [first = Buffer.alloc(0)] = this.#chunks;
    this.#answered(
      this.statusCode,
      this.#headers,
      this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : first,
    );
    done();
  }

  asServerResponse(): ServerResponse {
    return this as unknown as ServerResponse;
  }
}
