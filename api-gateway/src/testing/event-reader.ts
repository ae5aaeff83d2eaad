import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { until } from './until.js';

export interface ServerEvent {
  event: string;
  id: string | undefined;
  retry: number | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: a test may look at any part of any event
  data: any;
}

/** A client of `/live` that keeps what it got. */
export class EventReader {
  readonly events: ServerEvent[] = [];
  comments = 0;
  ended = false;
  readonly #request: ClientRequest;
  #text = '';

  private constructor(
    request: ClientRequest,
    readonly response: IncomingMessage,
  ) {
    this.#request = request;
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.#read(chunk));
    response.on('close', () => {
      this.ended = true;
    });
    response.on('error', () => {});
  }

  /** @throws when it is no stream: the status and the body */
  static open(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
    return new Promise((resolve, reject) => {
      const request = get(url, { headers, agent: false }, (response) => {
        if (response.statusCode === 200) return resolve(new EventReader(request, response));
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => reject(new Error(`${response.statusCode} ${body}`)));
      });
      request.on('error', reject);
    });
  }

  of(type: string): ServerEvent[] {
    return this.events.filter(({ event }) => event === type);
  }

  /** The event of this type with this number, the first being 1, when it has come. */
  async nth(type: string, number: number): Promise<ServerEvent> {
    await until(() => this.of(type).length >= number, `${type} number ${number} has come`);
    return this.of(type)[number - 1] as ServerEvent;
  }

  /** Stops reading, as a client does that hangs. */
  pause(): void {
    this.response.pause();
  }

  close(): void {
    this.#request.destroy();
  }

  #read(chunk: string): void {
    this.#text += chunk;
    for (let end = this.#text.indexOf('\n\n'); end >= 0; end = this.#text.indexOf('\n\n')) {
      const lines = this.#text.slice(0, end).split('\n');
      this.#text = this.#text.slice(end + 2);
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field('data');
      if (lines[0]?.startsWith(':')) this.comments++;
      this.events.push({
        event: field('event') ?? '',
        id: field('id'),
        retry: field('retry') === undefined ? undefined : Number(field('retry')),
        data: data === undefined ? undefined : JSON.parse(data),
      });
    }
  }
}
