import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '@leaderboard/shared/config';
import { bulkLimitBytes } from '@leaderboard/shared/contracts/bulk';
import { Pool } from 'undici';
import { isPassing, judgeCall, waitMs } from './retry-policy.js';
import type { Target } from './target.js';

/** What became of one event. */
export interface Outcome {
  readonly ok: boolean;
  /** It had been applied before, under the same event_id. */
  readonly replayed?: boolean;
  readonly code?: string;
  readonly detail?: string;
}

export interface CallWatcher {
  /** Each answered call, with what it took. */
  answered?(events: number, tookMs: number): void;
  /** Events that must wait: why, and how long. */
  held?(events: number, reason: string, waitMs: number): void;
}

export interface CallAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The first answer to a keyed write, again. */
  readonly replayed: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: read by those who know what they asked for
  readonly body: any;
}

const headersTimeoutMs = 20_000;
const bytesAround = '{"events":[]}'.length;

/** Sends events, and goes on until each of them was accepted or refused for good. */
export class BulkClient {
  readonly #pool: Pool;
  readonly #headers: Record<string, string>;

  constructor(
    private readonly target: Target,
    connections: number,
    private readonly watcher: CallWatcher = {},
  ) {
    this.#pool = new Pool(target.url, {
      connections,
      headersTimeout: headersTimeoutMs,
      bodyTimeout: headersTimeoutMs,
    });
    this.#headers = { authorization: `Bearer ${target.serverToken}`, 'content-type': 'application/json' };
  }

  /**
   * Events as JSON texts → what became of each, in order; undefined for those that were still to be sent when the
   * signal came. @throws {ConfigError} when the server refuses the call as such (no such address, a wrong secret)
   */
  async send(events: readonly string[], signal: AbortSignal): Promise<(Outcome | undefined)[]> {
    const outcomes: (Outcome | undefined)[] = new Array(events.length).fill(undefined);
    let open = events.map((_, at) => at);
    for (let attempt = 0; open.length > 0 && !(signal.aborted && attempt > 0); attempt += 1) {
      const results = await this.#callOnce(
        open.map((at) => events[at] ?? ''),
        attempt,
        signal,
      );
      if (results === undefined) continue;
      const left: number[] = [];
      let reason = '';
      for (const [index, at] of open.entries()) {
        const result = results[index];
        if (result && (result.ok || !isPassing(result.code ?? ''))) outcomes[at] = result;
        else {
          left.push(at);
          reason = result?.code ?? 'no_result';
        }
      }
      open = left;
      if (open.length > 0) await this.#hold(open.length, reason, waitMs(undefined, attempt + 2), signal);
    }
    return outcomes;
  }

  /** One call of any kind, once. */
  async call(method: 'GET' | 'POST' | 'PUT', path: string, body?: string, headers = {}): Promise<CallAnswer> {
    const options = { method, path, headers: { ...this.#headers, ...headers }, body: body ?? null };
    const answer = await this.#pool.request(options);
    const text = await answer.body.text();
    const retryAfter = answer.headers['retry-after'];
    return {
      status: answer.statusCode,
      retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
      replayed: answer.headers['idempotency-replayed'] === 'true',
      body: parse(text),
    };
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  /** The results; undefined when the same must be sent again, after the wait. */
  async #callOnce(
    events: readonly string[],
    attempt: number,
    signal: AbortSignal,
  ): Promise<Outcome[] | undefined> {
    const startedAt = performance.now();
    let answer: CallAnswer;
    try {
      answer = await this.call('POST', '/scores', `{"events":[${events.join(',')}]}`);
    } catch (error) {
      await this.#hold(events.length, codeOf(error), waitMs(undefined, attempt), signal);
      return undefined;
    }
    const { status, body, retryAfter } = answer;
    const verdict = judgeCall(status, body?.code, retryAfter, attempt);
    if (verdict.kind === 'ok' && Array.isArray(body?.results)) {
      this.watcher.answered?.(events.length, performance.now() - startedAt);
      return body.results as Outcome[];
    }
    if (verdict.kind === 'again') {
      await this.#hold(events.length, verdict.reason, verdict.afterMs, signal);
      return undefined;
    }
    throw new ConfigError(
      this.target.url,
      `refuses POST /scores: ${status} ${body?.code ?? ''} ${body?.detail ?? ''}`,
    );
  }

  async #hold(events: number, reason: string, afterMs: number, signal: AbortSignal): Promise<void> {
    this.watcher.held?.(events, reason, afterMs);
    await sleep(afterMs * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {});
  }
}

/** Whether one more event of this size still fits into a call. */
export const fitsIntoCall = (bytes: number, nextBytes: number): boolean =>
  bytes + nextBytes + 1 + bytesAround <= bulkLimitBytes;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
