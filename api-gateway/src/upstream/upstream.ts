import {
  batchPath,
  batchType,
  encodeFrame,
  type Framed,
  type RequestHead,
} from '@leaderboard/shared/http/batch-frame';
import { Pool } from 'undici';
import type { Address } from './addresses.js';
import { type BatchEnd, BatchExchange, type Pending } from './batch-exchange.js';
import type { Answer, Call, Delivery, Failure } from './call.js';
import { Exchange } from './exchange.js';
import type { HealthStatus, UpstreamHealth } from './health.js';

export interface ConnectionSettings {
  connectTimeoutMs: number;
  /** Most connections to one upstream; further requests wait for one. */
  connections: number;
}

/** For people and `/metrics`. */
export interface UpstreamState {
  url: string;
  status: HealthStatus;
  reason: string;
  running: number;
}

/** A response that needs more memory than this is not one of ours; batches are the largest. */
const maxAnswerBytes = 64 * 1024 * 1024;
/** Batches under way that no answer has come for. With four, 64 clients made batches of 5 instead of 11, and a write cost a tenth more CPU. */
const maxBatches = 1;
/** An upstream that has been silent for this long gets further batches: what it is busy with may concern others only. */
const slotMs = 100;
/** A batch that takes longer is not waited for: its upstream may be stuck, and others are not. */
const growMs = 25;
/** Below the 75 s after which the service closes an idle connection. */
const idleConnectionMs = 30_000;
const batchHeaders = ['content-type', batchType];
const noBody = Buffer.alloc(0);

/** One instance of the service: its connections, what runs on them, and what we think of it. */
export class Upstream {
  readonly address: Address;
  readonly health: UpstreamHealth;
  readonly #pool: Pool;
  readonly #running = new Set<Delivery>();
  /** Whose batches, since when, no answer has come for. */
  readonly #slots = new Map<object, number>();
  readonly #onSuspicion: () => void;

  /** @param onSuspicion is called when something hints that its health has changed. */
  constructor(
    address: Address,
    health: UpstreamHealth,
    settings: ConnectionSettings,
    onSuspicion: () => void,
  ) {
    this.address = address;
    this.health = health;
    this.#onSuspicion = onSuspicion;
    this.#pool = new Pool(`http://${address}`, {
      connections: settings.connections,
      connect: { timeout: settings.connectTimeoutMs },
      keepAliveTimeout: idleConnectionMs,
      maxResponseSize: maxAnswerBytes,
      // Deadlines are ours: they bound the whole exchange, undici's only its parts.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  state(): UpstreamState {
    const { status, reason } = this.health;
    const running = [...this.#running].reduce((total, { requests }) => total + requests, 0);
    return { url: `http://${this.address}`, status, reason, running };
  }

  /** Whether a further batch may be sent now. */
  get hasRoom(): boolean {
    return this.#slots.size < maxBatches;
  }

  /** Whether a batch has just been sent and not been answered: what waits for that makes a larger one. */
  isAwaited(now: number): boolean {
    return [...this.#slots.values()].some((since) => now < since + growMs);
  }

  /** @param deadline of `performance.now()`; kept by `endLate`. */
  exchange(call: Call, deadline: number): Promise<Answer | Failure> {
    return new Promise((resolve) => {
      const period = this.health.requestStarted();
      const exchange = new Exchange(call, deadline, (outcome) => {
        this.#running.delete(exchange);
        this.#judge(period, outcome);
        resolve(outcome);
      });
      this.#running.add(exchange);
      const { method, path, headers, body } = call;
      this.#pool.dispatch({ method, path, headers, body: body ?? null }, exchange);
    });
  }

  /**
   * Sends requests together, one by itself as it is.
   * @param onRoom is called when there may be room for another batch.
   */
  exchangeBatch(pending: readonly Pending[], onRoom: () => void): void {
    const slot = {};
    this.#slots.set(slot, performance.now());
    const release = () => {
      if (this.#slots.delete(slot)) onRoom();
    };
    const [first] = pending;
    if (first && pending.length === 1) {
      void this.exchange(first.call, first.deadline).then((outcome) => {
        release();
        first.settle(outcome);
      });
      return;
    }
    const period = this.health.requestStarted();
    const exchange = new BatchExchange(pending, release, (end) => {
      this.#running.delete(exchange);
      release();
      this.#judge(period, end);
    });
    this.#running.add(exchange);
    const items = pending.map(({ call }): Framed<RequestHead> => {
      return { head: [call.method, call.path, call.headers], body: call.body ?? noBody };
    });
    this.#pool.dispatch(
      { method: 'POST', path: batchPath, headers: batchHeaders, body: encodeFrame(items) },
      exchange,
    );
  }

  endLate(now: number): void {
    for (const delivery of this.#running) delivery.endLate(now);
    for (const [slot, since] of this.#slots) if (since + slotMs <= now) this.#slots.delete(slot);
  }

  /** Found dead: whatever may be delivered again need not wait here. */
  abandon(reason: string): void {
    for (const delivery of this.#running) delivery.abandon(reason);
  }

  /** It is about to stop: what still waits for a connection goes elsewhere. */
  withdraw(reason: string): void {
    for (const delivery of this.#running) delivery.withdraw(reason);
  }

  /** Lets running requests end, which their deadlines bound, and closes the connections. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  #judge(period: number, outcome: Answer | BatchEnd): void {
    if ('headers' in outcome) {
      this.health.requestAnswered(period);
      // It closes connections: it is probably stopping.
      if (outcome.headers.connection === 'close') this.#onSuspicion();
    } else if (outcome.kind === 'abandoned' || outcome.kind === 'unsendable') {
      this.health.requestWithdrawn(period);
    } else {
      this.health.requestFailed(period, outcome.reason);
      this.#onSuspicion();
    }
  }
}
