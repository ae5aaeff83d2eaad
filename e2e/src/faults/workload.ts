import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { Random } from './random.js';

/**
 * Many clients write keyed scores and log what they were answered, after Jepsen's set and counter tests:
 *
 *   acknowledged   200: must be found exactly once, for ever
 *   refused        4xx or 503: must not be found
 *   unknown        anything else: settled afterwards by retrying its key
 */

export type Kind = 'add' | 'best' | 'set';
export type Outcome = 'acknowledged' | 'refused' | 'unknown';

export interface Player {
  readonly userId: string;
  readonly region: string;
  readonly kind: Kind;
}

export interface Write {
  readonly key: string;
  readonly player: Player;
  readonly value: number;
  readonly sentAtMs: number;
  outcome: Outcome | undefined;
  /** The last status and code that were answered. */
  answer: string;
  tookMs: number;
}

export interface WorkloadOptions {
  url: string;
  token: string;
  /** Makes user ids and keys that no other round uses. */
  label: string;
  seed: number;
  players: number;
  clients: number;
  regions: readonly string[];
}

const paths: Record<Kind, string> = { add: '/score/add', best: '/score', set: '/score/update' };
const requestTimeoutMs = 15_000;
const afterFailureMs = 20;

export class Workload {
  readonly writes: Write[] = [];
  readonly players: readonly Player[];
  readonly violations: string[] = [];
  readonly #options: WorkloadOptions;
  readonly #agent = new Agent({
    connections: 64,
    headersTimeout: requestTimeoutMs,
    bodyTimeout: requestTimeoutMs,
  });
  #running = false;
  #loops: Promise<void>[] = [];
  #starts = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
    const kinds: Kind[] = ['add', 'add', 'best', 'set'];
    this.players = Array.from({ length: options.players }, (_, at) => ({
      userId: `${options.label}-${at}`,
      region: options.regions[at % options.regions.length] as string,
      kind: kinds[Math.floor(at / options.regions.length) % kinds.length] as Kind,
    }));
  }

  /** May be called again after `stop`; does nothing while it runs. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#starts += 1;
    const { clients } = this.#options;
    const seed = this.#options.seed + this.#starts;
    this.#loops = Array.from({ length: clients }, (_, client) =>
      this.#client(client, new Random(seed * 1000 + client)),
    );
    this.#loops.push(this.#watch(new Random(seed * 1000 + 999)));
  }

  /** Ends the load and returns when the last answer is in. */
  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#loops);
  }

  count(outcome: Outcome): number {
    return this.writes.filter((write) => write.outcome === outcome).length;
  }

  /** The 99th percentile of how long acknowledged writes of a stretch of the run took, ms. */
  p99(fromMs: number, untilMs: number): number {
    const took = this.writes
      .filter(
        ({ outcome, sentAtMs }) => outcome === 'acknowledged' && sentAtMs >= fromMs && sentAtMs < untilMs,
      )
      .map(({ tookMs }) => tookMs)
      .sort((a, b) => a - b);
    return took[Math.floor(took.length * 0.99)] ?? Number.NaN;
  }

  /** Retries the keys of unknown outcomes until each is answered. */
  async settle(): Promise<void> {
    const unknown = this.writes.filter((write) => write.outcome === 'unknown');
    for (const write of unknown) {
      for (
        let attempt = 0;
        write.outcome === 'unknown' || write.answer.startsWith('429') || write.answer.startsWith('503');
        attempt += 1
      ) {
        if (attempt > 300) throw new Error(`${write.key} could not be settled: ${write.answer}`);
        if (attempt > 0) await sleep(100);
        await this.#send(write);
      }
    }
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  async #client(client: number, random: Random): Promise<void> {
    for (let count = 0; this.#running; count += 1) {
      const player = random.pick(this.players);
      const write: Write = {
        key: `${this.#options.label}.${this.#starts}.${client}.${count}`,
        player,
        value: player.kind === 'add' ? random.integer(1, 9) : random.integer(1, 1_000_000),
        sentAtMs: performance.now(),
        outcome: undefined,
        answer: '',
        tookMs: 0,
      };
      this.writes.push(write);
      await this.#send(write);
      if (write.outcome !== 'acknowledged') await sleep(afterFailureMs);
    }
  }

  async #send(write: Write): Promise<void> {
    const { player, value, key } = write;
    const { url, token } = this.#options;
    const startedAtMs = performance.now();
    try {
      const { statusCode, body } = await request(url + paths[player.kind], {
        method: 'POST',
        dispatcher: this.#agent,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body: JSON.stringify({
          user_id: player.userId,
          region: player.region,
          [player.kind === 'add' ? 'delta' : 'score']: value,
        }),
      });
      const { code } = (await body.json()) as { code?: string };
      write.answer = `${statusCode} ${code ?? ''}`.trim();
      write.outcome = outcomeOf(statusCode, code);
    } catch (error) {
      write.answer = error instanceof Error ? error.message : String(error);
      write.outcome = 'unknown';
    }
    write.tookMs = performance.now() - startedAtMs;
  }

  /** While writes go on: acknowledged ≤ read ≤ attempted, and a user's reads of an add-only score never go down. */
  async #watch(random: Random): Promise<void> {
    const counters = this.players.filter(({ kind }) => kind === 'add');
    const lastRead = new Map<string, number>();
    while (this.#running && counters.length > 0) {
      const { userId } = random.pick(counters);
      const acknowledged = this.#sum(userId, (write) => write.outcome === 'acknowledged');
      const read = await this.#readScore(userId);
      if (read !== undefined) {
        const attempted = this.#sum(userId, (write) => write.outcome !== 'refused');
        const before = lastRead.get(userId) ?? 0;
        if (read < acknowledged)
          this.violations.push(`${userId}: read ${read} after ${acknowledged} was acknowledged`);
        if (read > attempted)
          this.violations.push(`${userId}: read ${read}, only ${attempted} was attempted`);
        if (read < before) this.violations.push(`${userId}: read ${read} after ${before}`);
        lastRead.set(userId, read);
      }
      await sleep(10);
    }
  }

  #sum(userId: string, counted: (write: Write) => boolean): number {
    let sum = 0;
    for (const write of this.writes) {
      if (write.player.userId === userId && counted(write)) sum += write.value;
    }
    return sum;
  }

  /** Undefined when the read was refused or failed. */
  async #readScore(userId: string): Promise<number | undefined> {
    try {
      const { statusCode, body } = await request(`${this.#options.url}/rank/${userId}`, {
        dispatcher: this.#agent,
      });
      const answer = (await body.json()) as { score: number };
      return statusCode === 200 ? answer.score : undefined;
    } catch {
      return undefined;
    }
  }
}

/** 502 and 504 may follow a write that was applied; every other refusal promises that it was not. */
function outcomeOf(status: number, code: string | undefined): Outcome {
  if (status === 200) return 'acknowledged';
  if (code === undefined || code === 'outcome_unknown' || status === 502 || status === 504 || status === 500)
    return 'unknown';
  return 'refused';
}
