import { Agent } from 'undici';
import { guardedConnector } from './guarded-connector.js';

export type Outcome = 'delivered' | 'interrupted' | { readonly error: string };

export interface SenderSettings {
  /** For one delivery, from the lookup of the name to the end of the answer. */
  readonly timeoutMs: number;
  readonly allowPrivate: boolean;
}

/** Of an answer nothing is kept; more of it than this is not waited for. */
const answerLimitBytes = 64 * 1024;
const longestError = 200;

/** Posts to addresses that somebody else has chosen. Redirects are not followed: they are answers that are not 2xx. */
export class Sender {
  readonly #agent: Agent;
  readonly #timeoutMs: number;

  constructor({ timeoutMs, allowPrivate }: SenderSettings) {
    this.#timeoutMs = timeoutMs;
    this.#agent = new Agent({
      connect: allowPrivate ? { timeout: timeoutMs } : guardedConnector(timeoutMs),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
  }

  /** Never rejects. @param stop breaks it off */
  async post(
    url: string,
    headers: Record<string, string>,
    body: string,
    stop: AbortSignal,
  ): Promise<Outcome> {
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    const signal = AbortSignal.any([deadline, stop]);
    try {
      const { origin, pathname, search } = new URL(url);
      const answer = await this.#agent.request({
        origin,
        path: pathname + search,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'leaderboard-webhooks', ...headers },
        body,
        signal,
      });
      await answer.body.dump({ limit: answerLimitBytes, signal });
      const { statusCode } = answer;
      return statusCode >= 200 && statusCode < 300 ? 'delivered' : { error: `it answered ${statusCode}` };
    } catch (error) {
      if (stop.aborted) return 'interrupted';
      if (deadline.aborted) return { error: `no answer within ${this.#timeoutMs} ms` };
      return { error: reasonOf(error).slice(0, longestError) };
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

function reasonOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || String(error);
}
