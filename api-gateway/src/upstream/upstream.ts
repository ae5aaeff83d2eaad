import { Pool } from 'undici';
import type { Address } from './addresses.js';
import type { Answer, Call, Failure } from './call.js';
import { Exchange, isAnswer } from './exchange.js';
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

/** A response that needs more memory than this is not one of ours. */
const maxAnswerBytes = 16 * 1024 * 1024;
/** Below the 75 s after which the service closes an idle connection. */
const idleConnectionMs = 30_000;

/** One instance of the service: its connections, what runs on them, and what we think of it. */
export class Upstream {
  readonly address: Address;
  readonly health: UpstreamHealth;
  readonly #pool: Pool;
  readonly #running = new Set<Exchange>();
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
    return { url: `http://${this.address}`, status, reason, running: this.#running.size };
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

  endLate(now: number): void {
    for (const exchange of this.#running) {
      if (exchange.deadline <= now) exchange.end('late', 'no answer within the deadline');
    }
  }

  /** Found dead: whatever may be delivered again need not wait here. */
  abandon(reason: string): void {
    for (const exchange of this.#running) {
      if (!exchange.sent || exchange.call.redelivery !== 'harmful') exchange.end('abandoned', reason);
    }
  }

  /** Lets running requests end, which their deadlines bound, and closes the connections. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  #judge(period: number, outcome: Answer | Failure): void {
    if (isAnswer(outcome)) {
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
