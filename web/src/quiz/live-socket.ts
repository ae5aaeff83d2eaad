import { ApiProblem } from '../api.js';

/** One connection to `/live/ws` (docs/live.md) that comes back by itself and loses no score. */

/** A frame of the server; what else is in it depends on its type. */
export interface ServerFrame {
  type: 'snapshot' | 'self' | 'passed' | 'stale' | 'auth' | 'score' | 'problem';
  ref?: unknown;
  status?: number;
  body?: unknown;
  /** Seconds. */
  retry_after?: number;
}

export interface LiveSocketOptions {
  token: string;
  /** Sent after each connection. */
  subscribe: Readonly<Record<string, string | number>>;
  onFrame(frame: ServerFrame): void;
  onStatus(status: 'connecting' | 'live' | 'stale' | 'reconnecting'): void;
  /** The token is not taken (any more): there is no point in coming back with it. */
  onRefused(problem: ApiProblem): void;
}

interface Waiting {
  frame: object;
  resolve(body: unknown): void;
  reject(problem: ApiProblem): void;
}

const firstPauseMs = 500;
const longestPauseMs = 8_000;

export class LiveSocket {
  readonly #options: LiveSocketOptions;
  /** Scores without an answer, by their `ref`: sent again after a reconnection, which their keys make safe. */
  readonly #waiting = new Map<number, Waiting>();
  #socket: WebSocket | undefined;
  #retry: number | undefined;
  #pauseMs = firstPauseMs;
  #lastRef = 0;
  #closed = false;

  constructor(options: LiveSocketOptions) {
    this.#options = options;
    options.onStatus('connecting');
    this.#connect();
  }

  /**
   * Posts a score and resolves with the answer of `POST /score…`, if need be after reconnections.
   * @param score with an `idempotency_key`
   * @throws {ApiProblem} when it is refused for good
   */
  score<Answer>(score: { idempotency_key: string } & Record<string, unknown>): Promise<Answer> {
    this.#lastRef += 1;
    const ref = this.#lastRef;
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(ref, { frame: { score, ref }, resolve: (body) => resolve(body as Answer), reject });
      this.#sendWaiting(ref);
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#socket?.close();
  }

  #connect(): void {
    const address = new URL('/live/ws', location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.addEventListener('open', () => {
      // Frames are worked off in their order, so nothing has to wait for the answer to `auth`.
      this.#send({ auth: this.#options.token, ref: 'auth' });
      this.#send({ subscribe: this.#options.subscribe });
      for (const ref of this.#waiting.keys()) this.#sendWaiting(ref);
    });
    socket.addEventListener('message', (event) =>
      this.#receive(JSON.parse(event.data as string) as ServerFrame),
    );
    socket.addEventListener('close', (event) => this.#reconnect(event.reason));
  }

  #receive(frame: ServerFrame): void {
    const { type, ref } = frame;
    if (type === 'snapshot') {
      this.#pauseMs = firstPauseMs;
      this.#options.onStatus('live');
    }
    if (type === 'stale') this.#options.onStatus('stale');
    if (type === 'problem' && ref === 'auth') {
      this.close();
      this.#options.onRefused(problemOf(frame));
    } else if (typeof ref === 'number') this.#settle(ref, frame);
    else this.#options.onFrame(frame);
  }

  #settle(ref: number, frame: ServerFrame): void {
    const waiting = this.#waiting.get(ref);
    if (!waiting) return;
    const problem = frame.type === 'problem' ? problemOf(frame) : undefined;
    if (problem?.isTemporary) {
      setTimeout(() => this.#sendWaiting(ref), (frame.retry_after ?? 1) * 1000);
      return;
    }
    this.#waiting.delete(ref);
    if (problem) waiting.reject(problem);
    else waiting.resolve(frame.body);
  }

  /** @param reason a gateway that stops says when to come back: `{"retry_ms":1730}` */
  #reconnect(reason: string): void {
    if (this.#closed) return;
    this.#options.onStatus('reconnecting');
    const asked = /^\{"retry_ms":(\d+)\}$/.exec(reason)?.[1];
    const pauseMs = asked === undefined ? this.#pauseMs * (0.5 + Math.random() / 2) : Number(asked);
    this.#retry = setTimeout(() => this.#connect(), pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
  }

  #sendWaiting(ref: number): void {
    const waiting = this.#waiting.get(ref);
    if (waiting) this.#send(waiting.frame);
  }

  #send(frame: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }
}

function problemOf({ status = 0, body }: ServerFrame): ApiProblem {
  const { code = 'unknown', detail = 'It was refused.' } = (body ?? {}) as { code?: string; detail?: string };
  return new ApiProblem(status, code, detail);
}
