import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { batchPath, encodeFrame, FrameDecoder, isRequestHead } from '@leaderboard/shared/http/batch-frame';

export interface Arrival {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  bytes: Buffer;
}

export type Behaviour = (arrival: Arrival, response: ServerResponse) => void;

const answerOk: Behaviour = (arrival, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ path: arrival.path }));
};

/** A real HTTP server in the place of a leaderboard-service, which can be made to fail in many ways. */
export class FakeService {
  /** Every request but probes. */
  readonly arrivals: Arrival[] = [];
  behaviour: Behaviour = answerOk;
  ready = true;
  /**
   * `unpack`: each request of a batch arrives and is answered as if it had come by itself. `refuse`: 404, as by an instance that knows
   * no batches. Or the whole batch is one arrival.
   */
  batches: 'unpack' | 'refuse' | Behaviour = 'unpack';
  /** Accepts and reads, but says nothing, as a stopped process seems to do. */
  frozen = false;
  probes = 0;
  #server: Server;
  readonly #host: string;
  #port: number;

  private constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
    this.#server = this.#createServer();
  }

  static async start(host = '127.0.0.1', port = 0): Promise<FakeService> {
    const service = new FakeService(host, port);
    await service.#listen();
    return service;
  }

  get port(): number {
    return this.#port;
  }

  get address(): string {
    return `${this.#host}:${this.#port}`;
  }

  get url(): string {
    return `http://${this.address}`;
  }

  /** Node's graceful close: finishes what runs, drops idle connections at once. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** What a kill does. */
  async crash(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  /** On the same port again. */
  async restart(): Promise<void> {
    this.#server = this.#createServer();
    this.ready = true;
    this.frozen = false;
    await this.#listen();
  }

  async #listen(): Promise<void> {
    this.#server.listen(this.#port, this.#host);
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #unpack(batch: Buffer, response: ServerResponse): void {
    const requests = new FrameDecoder(isRequestHead, 1e9).push(batch);
    const frames: Buffer[] = [];
    for (const [at, { head, body }] of requests.entries()) {
      const [method, path, list] = head;
      const headers: IncomingHttpHeaders = {};
      for (let name = 0; name < list.length; name += 2) headers[list[name] as string] = list[name + 1];
      const arrival = { method, path, headers, body: body.toString(), bytes: body };
      this.arrivals.push(arrival);
      const send = (frame: Buffer) => {
        frames.push(frame);
        if (frames.length === requests.length) response.end(Buffer.concat(frames));
      };
      const answer = new BatchedAnswer(response, send, at);
      if (!this.frozen) this.behaviour(arrival, answer as unknown as ServerResponse);
    }
  }

  #createServer(): Server {
    return createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      if (request.url === '/health/ready') {
        this.probes++;
        if (!this.frozen) response.writeHead(this.ready ? 200 : 503).end();
        return;
      }
      const bytes = Buffer.concat(chunks);
      const { method = '', url: path = '', headers } = request;
      if (path === batchPath && this.batches === 'refuse') return void response.writeHead(404).end();
      if (path === batchPath && this.batches === 'unpack') return this.#unpack(bytes, response);
      const arrival = { method, path, headers, body: bytes.toString(), bytes };
      this.arrivals.push(arrival);
      const behaviour = path === batchPath ? (this.batches as Behaviour) : this.behaviour;
      if (!this.frozen) behaviour(arrival, response);
    });
  }
}

/** As much of a response as behaviours use, for one request of a batch. */
class BatchedAnswer {
  readonly socket: ServerResponse['socket'];
  readonly #response: ServerResponse;
  readonly #send: (frame: Buffer) => void;
  readonly #at: number;
  readonly #headers: Record<string, string> = {};
  statusCode = 200;

  constructor(response: ServerResponse, send: (frame: Buffer) => void, at: number) {
    this.socket = response.socket;
    this.#response = response;
    this.#send = send;
    this.#at = at;
  }

  /** What is said of the connection, the batch's own answer says. */
  setHeader(name: string, value: string): this {
    if (name.toLowerCase() === 'connection') this.#response.setHeader(name, value);
    else this.#headers[name.toLowerCase()] = value;
    return this;
  }

  writeHead(status: number, headers: Record<string, string> = {}): this {
    this.statusCode = status;
    for (const [name, value] of Object.entries(headers)) this.setHeader(name, value);
    return this;
  }

  end(body: string | Buffer = ''): this {
    const head = [this.#at, this.statusCode, this.#headers] as const;
    this.#send(encodeFrame([{ head, body: Buffer.from(body) }]));
    return this;
  }
}

/** Reads the request, then cuts the connection instead of answering. */
export const cutConnection: Behaviour = (_arrival, response) => {
  response.socket?.resetAndDestroy();
};

export const neverAnswer: Behaviour = () => {};
