import { Agent, type ClientRequest, get, type IncomingMessage } from 'node:http';

/** Streams that are opened at the same time. */
const openAtOnce = 100;

/**
 * Many clients of `GET /live` in this process. They read no more than whether an event has come that contains a text, as
 * the clients take CPU from what they measure.
 */
export class LiveWatchers {
  readonly #agent = new Agent({ keepAlive: false });
  readonly #requests: ClientRequest[] = [];
  #wanted: Buffer | undefined;
  #onWanted: (atMs: number) => void = () => {};
  /** Streams that have ended. */
  lost = 0;

  static async open(url: string, count: number): Promise<LiveWatchers> {
    const watchers = new LiveWatchers();
    while (watchers.#requests.length < count) {
      const size = Math.min(openAtOnce, count - watchers.#requests.length);
      await Promise.all(Array.from({ length: size }, () => watchers.#open(url)));
    }
    return watchers;
  }

  /**
   * Begins to wait until every watcher that is left has got an event with this text.
   * @returns when each got it, of `performance.now()`
   */
  receive(text: string): Promise<number[]> {
    const received: number[] = [];
    return new Promise((resolve) => {
      this.#wanted = Buffer.from(text);
      this.#onWanted = (atMs) => {
        received.push(atMs);
        if (received.length >= this.#requests.length - this.lost) resolve(received);
      };
    });
  }

  close(): void {
    for (const request of this.#requests) request.destroy();
    this.#agent.destroy();
  }

  /** Resolves with the first event. */
  #open(url: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = get(url, { agent: this.#agent }, (response: IncomingMessage) => {
        if (response.statusCode !== 200) return reject(new Error(`/live answered ${response.statusCode}`));
        response.on('data', (chunk: Buffer) => {
          resolve();
          if (this.#wanted && chunk.includes(this.#wanted)) this.#onWanted(performance.now());
        });
        response.on('error', () => {});
        response.on('close', () => this.lost++);
      });
      request.on('error', reject);
      this.#requests.push(request);
    });
  }
}
