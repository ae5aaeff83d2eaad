import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Framed, RequestHead } from '@leaderboard/shared/http/batch-frame';

/**
 * One request of a batch in the shape in which Fastify takes a request from Node: method, address, headers, and a body that
 * comes as `data` and `end` once somebody listens and calls `resume`. A real stream would cost more than the route itself.
 */
export class BatchedRequest extends EventEmitter {
  readonly method: string;
  url: string;
  readonly headers: Record<string, string> = {};
  readonly socket: Socket;
  readonly httpVersion = '1.1';
  readonly httpVersionMajor = 1;
  readonly aborted = false;
  readonly #body: Buffer;

  /** @param socket that the batch came by */
  constructor({ head, body }: Framed<RequestHead>, socket: Socket) {
    super();
    const [method, path, headers] = head;
    this.method = method;
    this.url = path;
    this.socket = socket;
    for (let at = 0; at < headers.length; at += 2) {
      this.headers[headers[at] as string] = headers[at + 1] as string;
    }
    this.headers['content-length'] = String(body.length);
    this.#body = body;
  }

  resume(): this {
    if (this.#body.length > 0) this.emit('data', this.#body);
    this.emit('end');
    return this;
  }

  asIncoming(): IncomingMessage {
    return this as unknown as IncomingMessage;
  }
}
