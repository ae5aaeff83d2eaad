import { once } from 'node:events';
import { WebSocket } from 'ws';
import { until } from './until.js';

// biome-ignore lint/suspicious/noExplicitAny: a test may look at any part of any message
type Message = any;

/** A client of `/live/ws` that keeps what it got. */
export class SocketClient {
  readonly messages: Message[] = [];
  closed: { code: number; reason: string } | undefined;
  #refs = 0;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data) => this.messages.push(JSON.parse(String(data))));
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    socket.on('error', () => {});
  }

  /** @throws when the upgrade is refused: `Unexpected server response: 429` */
  static async open(url: string, headers: Record<string, string> = {}): Promise<SocketClient> {
    const client = new SocketClient(new WebSocket(url.replace('http', 'ws'), { headers }));
    await once(client.socket, 'open');
    return client;
  }

  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** Sends a frame with a ref of its own; what comes back with that ref. */
  async ask(frame: object): Promise<Message> {
    const ref = ++this.#refs;
    this.send({ ...frame, ref });
    const answered = () => this.messages.find((message) => message.ref === ref);
    await until(() => answered() !== undefined, `${JSON.stringify(frame)} is answered`);
    return answered();
  }

  of(type: string): Message[] {
    return this.messages.filter((message) => message.type === type);
  }

  /** The message of this type with this number, the first being 1, when it has come. */
  async nth(type: string, number: number): Promise<Message> {
    await until(() => this.of(type).length >= number, `${type} number ${number} has come`);
    return this.of(type)[number - 1];
  }

  async untilClosed(): Promise<{ code: number; reason: string }> {
    await until(() => this.closed !== undefined, 'the socket is closed');
    return this.closed as { code: number; reason: string };
  }

  close(): void {
    this.socket.terminate();
  }
}
