import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { mintToken } from '@leaderboard/shared/http/auth';
import pg from 'pg';
import { readJson, writeJson } from './files.js';
import { type PostgresAddress, postgresUrl } from './postgres-server.js';
import type { Progress } from './progress.js';
import { StartError } from './start-error.js';

/**
 * A stack is ready when it has done its job once: a user registered (or logged in) through NGINX, a score posted through
 * NGINX, read back from /top, and found in Postgres. The score is the lowest there is, and is taken away again, so that
 * nobody sees it; the user is made once and kept in DATA_DIR.
 */
export interface ProbeOptions {
  url: string;
  region: string;
  postgres: PostgresAddress;
  /** The region's. */
  database: string;
  jwtSecret: string;
  /** Players may post scores; otherwise only game servers. */
  playerWrites: boolean;
  /** Keeps the probe's account. */
  file: string;
  timeoutMs: number;
  progress: Progress;
  /** True once the start was given up. */
  cancelled: () => boolean;
}

interface ProbeUser {
  user_id: string;
  password: string;
  region: string;
}

const score = -Number.MAX_SAFE_INTEGER;

export async function probeStack(options: ProbeOptions): Promise<void> {
  const probe = new Probe(options);
  const { userId, token } = await probe.signIn();
  await probe.postScore(userId, token);
  await probe.findInTop(userId, token);
  await probe.findInPostgres(userId);
  await probe.takeAway(userId);
}

interface Answer {
  status: number;
  text: string;
}

class Probe {
  readonly #options: ProbeOptions;
  readonly #deadline: number;
  #reportAt = performance.now() + 5000;

  constructor(options: ProbeOptions) {
    this.#options = options;
    this.#deadline = performance.now() + options.timeoutMs;
  }

  async signIn(): Promise<{ userId: string; token: string }> {
    const { region, file } = this.#options;
    const kept = readJson<ProbeUser>(file);
    if (kept?.region === region) {
      const { user_id, password } = kept;
      const login = await this.#call('POST', '/auth/login', { body: { user_id, password } });
      if (login.status === 200) return { userId: user_id, token: fields(login).token ?? '' };
    }
    const userId = `startup_probe_${randomBytes(6).toString('hex')}`;
    const password = randomBytes(24).toString('base64url');
    const body = { user_id: userId, name: 'startup probe', region, password };
    const registered = await this.#call('POST', '/auth/register', { body });
    if (registered.status !== 201) throw unexpected('POST /auth/register', registered);
    writeJson(file, { user_id: userId, password, region } satisfies ProbeUser);
    return { userId, token: fields(registered).token ?? '' };
  }

  async postScore(userId: string, token: string): Promise<void> {
    const { region, playerWrites } = this.#options;
    const key = { 'idempotency-key': randomUUID() };
    const answer = playerWrites
      ? await this.#call('POST', '/score', { token, body: { score }, headers: key })
      : await this.#call('POST', '/score', {
          token: this.#mint('server'),
          body: { score, user_id: userId, region },
          headers: key,
        });
    if (answer.status !== 200) throw unexpected('POST /score', answer);
  }

  async findInTop(userId: string, token: string): Promise<void> {
    const { region } = this.#options;
    const top = await this.#call('GET', `/top?region=${region}&limit=1000`, { token });
    if (top.status !== 200) throw unexpected('GET /top', top);
    const { rows, total } = JSON.parse(top.text) as {
      total: number;
      rows: { user_id: string; score: number }[];
    };
    if (rows.some((row) => row.user_id === userId && row.score === score)) return;
    // The lowest score stands behind everyone: further down than one page.
    const rank = await this.#call('GET', `/rank/${userId}?region=${region}`, { token });
    if (rank.status !== 200 || total <= rows.length) throw unexpected('GET /top after POST /score', top);
  }

  async findInPostgres(userId: string): Promise<void> {
    await this.#untilStored(userId, String(score), 'the posted score is not in Postgres yet');
  }

  /** Also waits until Postgres has forgotten it, so that Redis and Postgres agree from the start. */
  async takeAway(userId: string): Promise<void> {
    const answer = await this.#call('DELETE', `/score/${userId}`, { token: this.#mint('admin') });
    if (answer.status === 404 || answer.status === 405) return;
    if (answer.status !== 204) throw unexpected('DELETE /score', answer);
    await this.#untilStored(userId, undefined, 'the probe is still in Postgres');
  }

  async #untilStored(userId: string, wanted: string | undefined, reason: string): Promise<void> {
    const { postgres, database } = this.#options;
    const client = new pg.Client({
      connectionString: postgresUrl(postgres, database),
      connectionTimeoutMillis: 5000,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      const sql = `SELECT score FROM leaderboard WHERE game = 'default' AND user_id = $1`;
      for (;;) {
        const { rows } = await client.query<{ score: string | null }>(sql, [userId]);
        // A removed entry stays as a row without a score.
        if ((rows[0]?.score ?? undefined) === wanted) return;
        await this.#pause(reason);
      }
    } catch (error) {
      if (error instanceof StartError) throw error;
      throw new StartError(`Postgres database ${database}: ${(error as Error).message}`);
    } finally {
      await client.end().catch(() => {});
    }
  }

  /** Repeats while the answer is "not now": shards being checked, upstreams not seen yet. */
  async #call(
    method: string,
    path: string,
    { token, body, headers = {} }: { token?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<Answer> {
    for (;;) {
      let reason: string;
      try {
        const response = await fetch(this.#options.url + path, {
          method,
          headers: {
            ...headers,
            ...(body !== undefined && { 'content-type': 'application/json' }),
            ...(token !== undefined && { authorization: `Bearer ${token}` }),
          },
          ...(body !== undefined && { body: JSON.stringify(body) }),
          signal: AbortSignal.timeout(10_000),
        });
        const answer = { status: response.status, text: await response.text() };
        if (![429, 502, 503, 504].includes(answer.status)) return answer;
        reason = `${method} ${path} answers ${answer.status} ${fields(answer).code ?? ''}`;
      } catch (error) {
        reason = `${method} ${path}: ${(error as Error).message}`;
      }
      await this.#pause(reason);
    }
  }

  async #pause(reason: string): Promise<void> {
    if (this.#options.cancelled()) throw new StartError('the start was given up');
    const now = performance.now();
    if (now > this.#deadline) throw new StartError(`The stack is not ready: ${reason}`);
    if (now > this.#reportAt) {
      this.#options.progress(`waiting: ${reason}`);
      this.#reportAt = now + 5000;
    }
    await sleep(50);
  }

  #mint(role: 'server' | 'admin'): string {
    return mintToken(
      { user_id: 'startup', name: 'startup', region: 'GLOBAL', role },
      this.#options.jwtSecret,
      600,
    );
  }
}

function fields({ text }: Answer): { token?: string; code?: string } {
  try {
    return JSON.parse(text) as { token?: string; code?: string };
  } catch {
    return {};
  }
}

function unexpected(call: string, { status, text }: Answer): StartError {
  return new StartError(`The stack does not work: ${call} answered ${status} ${text.slice(0, 300)}`);
}
