import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { batchPath } from '@leaderboard/shared/http/batch-frame';

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
  /** Otherwise a batch is answered 404, and its requests come one by one. */
  takesBatches = false;
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

  #createServer(): Server {
    return createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      if (request.url === '/health/ready') {
        this.probes++;
        if (!this.frozen) response.writeHead(this.ready ? 200 : 503).end();
        return;
      }
      if (request.url === batchPath && !this.takesBatches) return void response.writeHead(404).end();
      const bytes = Buffer.concat(chunks);
      const { method = '', url: path = '', headers } = request;
      const arrival = { method, path, headers, body: bytes.toString(), bytes };
      this.arrivals.push(arrival);
      if (!this.frozen) this.behaviour(arrival, response);
    });
  }
}

/** Reads the request, then cuts the connection instead of answering. */
export const cutConnection: Behaviour = (_arrival, response) => {
  response.socket?.resetAndDestroy();
};

export const neverAnswer: Behaviour = () => {};
