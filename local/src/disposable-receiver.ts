import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test may look at any part of a body
  readonly body: any;
}

/** Answers each delivery; undefined = never. */
export type Behaviour = (received: Received, response: ServerResponse) => void;

const accept: Behaviour = (_received, response) => {
  response.writeHead(204).end();
};
export const answer =
  (status: number, headers: Record<string, string> = {}): Behaviour =>
  (_received, response) => {
    response.writeHead(status, headers).end();
  };
export const neverAnswer: Behaviour = () => {};

/** What an operator has behind a webhook. */
export class Receiver {
  readonly received: Received[] = [];
  /** Taken in turn; accepts when there is none left. */
  readonly next: Behaviour[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Receiver> {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const { url: path = '', headers } = request;
      const received = { path, headers, text, body: JSON.parse(text) };
      receiver.received.push(received);
      (receiver.next.shift() ?? accept)(received, response);
    });
    const receiver = new Receiver(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Bodies of a kind, in the order in which they came. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  of(kind: string): any[] {
    return this.received.map(({ body }) => body).filter((body) => body.kind === kind);
  }

  /** Ids of the events told, in the order in which they came. */
  get eventIds(): string[] {
    return this.of('score').flatMap(({ events }) =>
      events.map((event: { event_id: string }) => event.event_id),
    );
  }

  forget(): void {
    this.received.length = 0;
    this.next.length = 0;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
