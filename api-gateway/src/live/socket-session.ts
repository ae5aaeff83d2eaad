import type { LiveFrame } from '@leaderboard/shared/contracts/live';
import { type Authenticator, type Caller, unauthorized } from '@leaderboard/shared/http/auth';
import { toProblem } from '@leaderboard/shared/http/problem-handler';
import { type Problem, problemBody } from '@leaderboard/shared/http/problems';
import type { FastifyRequest } from 'fastify';
import type { RawData, WebSocket } from 'ws';
import type { IpLimits } from '../plugins/ip-limits.js';
import type { ServiceClient } from '../upstream/service-client.js';
import { MalformedFrame, readClientFrame } from './client-frame.js';
import type { Connection } from './connections.js';
import type { LiveHub } from './hub.js';
import type { DropReason, LiveMetrics } from './live-metrics.js';
import { postScore } from './score-post.js';
import { Subscriptions } from './subscriptions.js';

export interface SessionOptions {
  hub: LiveHub;
  auth: Authenticator;
  limits: IpLimits;
  service: ServiceClient;
  metrics: LiveMetrics;
  readsRequireToken: boolean;
  bufferBytes: number;
}

/** Frames that may wait for their turn before the socket is not read any more, until half are done. */
const maxWaiting = 64;
const maxMalformed = 10;

/** One client of `GET /live/ws`. Its frames are worked off one after another; only boards are read meanwhile. */
export class SocketSession implements Connection {
  readonly #socket: WebSocket;
  readonly #request: FastifyRequest;
  readonly #options: SessionOptions;
  readonly #subscriptions: Subscriptions;
  readonly #waiting: string[] = [];
  #working = false;
  #token: string | undefined;
  #alive = true;
  #malformed = 0;
  #frames = 0;

  /** @param request the upgrade, whose `Authorization` was found valid if there is one */
  constructor(socket: WebSocket, request: FastifyRequest, options: SessionOptions) {
    this.#socket = socket;
    this.#request = request;
    this.#options = options;
    this.#subscriptions = new Subscriptions(options.hub, (frame) => this.#send(frame.ws));
    this.#token = request.headers.authorization?.split(' ').at(-1);
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('pong', () => {
      this.#alive = true;
    });
    socket.on('close', () => this.#subscriptions.clear());
  }

  beat(): void {
    if (!this.#alive && this.#waiting.length === 0) {
      this.#drop('silent');
    } else if (this.#subscriptions.size > 0 && !this.#mayRead()) {
      this.#options.metrics.dropped('token_ended');
      this.#socket.close(1008, 'the token has ended');
    } else {
      this.#alive = false;
      this.#socket.ping();
    }
  }

  end(retryMs: number): void {
    this.#socket.close(1012, JSON.stringify({ retry_ms: retryMs }));
  }

  destroy(): void {
    this.#socket.terminate();
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#alive = true;
    // Binary is no JSON text.
    this.#waiting.push(isBinary ? '' : String(data));
    if (this.#waiting.length >= maxWaiting) this.#socket.pause();
    if (!this.#working) void this.#work();
  }

  async #work(): Promise<void> {
    this.#working = true;
    for (let text = this.#waiting.shift(); text !== undefined; text = this.#waiting.shift()) {
      if (this.#socket.readyState !== this.#socket.OPEN) break;
      await this.#handle(text);
      if (this.#socket.isPaused && this.#waiting.length <= maxWaiting / 2) this.#socket.resume();
    }
    this.#working = false;
  }

  async #handle(text: string): Promise<void> {
    const requestId = `${this.#request.id.slice(0, 52)}-${++this.#frames}`;
    let ref: unknown;
    try {
      const frame = readClientFrame(text);
      ref = frame.ref;
      await this.#options.limits.count(this.#request);
      await this.#obey(frame, requestId);
    } catch (thrown) {
      if (!(thrown instanceof MalformedFrame)) return this.#refuse(thrown, requestId, ref);
      this.#refuse(thrown.problem, requestId, thrown.ref);
      if (++this.#malformed < maxMalformed) return;
      this.#options.metrics.dropped('malformed');
      this.#socket.close(1008, 'too many malformed frames');
    }
  }

  async #obey(frame: LiveFrame, requestId: string): Promise<void> {
    if (frame.kind === 'auth') return this.#authenticate(frame.auth, frame.ref);
    if (frame.kind === 'unsubscribe') return this.#subscriptions.remove(frame.unsubscribe);
    if (frame.kind === 'subscribe') {
      if (!this.#mayRead()) throw unauthorized('Rankings need a token here: send {"auth":"<token>"} first');
      // Not waited for: the first read of a board may take its time.
      void this.#subscriptions
        .add(frame.subscribe)
        .catch((problem: unknown) => this.#refuse(problem, requestId, frame.ref));
      return;
    }
    await this.#post(frame, requestId);
  }

  #authenticate(token: string, ref: unknown): void {
    const { user_id, name, region, role }: Caller = this.#options.auth.verify(token);
    this.#token = token;
    this.#sendJson({ type: 'auth', ref, user: { user_id, name, region, role } });
  }

  async #post(frame: Extract<LiveFrame, { kind: 'score' }>, requestId: string): Promise<void> {
    const token = this.#token;
    if (token === undefined) throw unauthorized('No token was sent');
    this.#options.auth.verify(token);
    const outcome = await postScore(this.#options.service, this.#request, requestId, token, frame);
    if ('problem' in outcome) throw outcome.problem;

    const { status, headers, body } = outcome.answer;
    const retryAfter = Number(headers['retry-after']);
    this.#sendJson({
      type: status < 400 ? 'score' : 'problem',
      ref: frame.ref,
      status,
      body: JSON.parse(body.toString()) as unknown,
      ...(headers['idempotency-replayed'] !== undefined && { replayed: true }),
      ...(retryAfter > 0 && { retry_after: retryAfter }),
    });
  }

  #mayRead(): boolean {
    if (!this.#options.readsRequireToken) return true;
    try {
      return this.#token !== undefined && Boolean(this.#options.auth.verify(this.#token));
    } catch {
      return false;
    }
  }

  #refuse(thrown: unknown, requestId: string, ref: unknown): void {
    const problem: Problem = toProblem(thrown);
    if (problem.code === 'internal_error') this.#request.log.error({ err: thrown }, 'a frame failed');
    const { retryAfterSeconds } = problem.options;
    this.#sendJson({
      type: 'problem',
      ref,
      status: problem.status,
      body: problemBody(problem, requestId),
      ...(retryAfterSeconds !== undefined && { retry_after: Math.max(1, Math.ceil(retryAfterSeconds)) }),
    });
  }

  #sendJson(message: object): void {
    this.#send(Buffer.from(JSON.stringify(message)));
  }

  #send(text: Buffer): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > this.#options.bufferBytes) {
      this.#drop('slow');
    } else {
      this.#socket.send(text, { binary: false });
      this.#options.metrics.sent('ws');
    }
  }

  #drop(reason: DropReason): void {
    this.#options.metrics.dropped(reason);
    this.destroy();
  }
}
