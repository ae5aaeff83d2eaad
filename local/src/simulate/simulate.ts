import { BulkClient } from '../bulk/bulk-client.js';
import { count, type ProgressDisplay } from '../bulk/progress-display.js';
import type { Target } from '../bulk/target.js';
import { checkPostgres, checkStream, checkTop, Findings, waitUntilStored } from './check.js';
import { StreamFollower } from './follow-stream.js';
import { Ledger } from './ledger.js';
import { type PlaySettings, Plays } from './plays.js';
import { LoadFigures, type LoadSettings, runLoad } from './run-load.js';
import type { Stores } from './stores.js';

/** Clocks of this machine and of Redis may differ by so much without the check missing events. */
const clocksApartMs = 3_600_000;

/** One simulation: load, then check. Two steps, so that a test can do something in between. */
export class Simulation {
  readonly plays: Plays;
  readonly ledger: Ledger;
  readonly figures = new LoadFigures();
  readonly findings = new Findings();
  readonly follower: StreamFollower | undefined;
  readonly #startedAtMs = Date.now();

  constructor(
    settings: PlaySettings,
    private readonly load: LoadSettings,
    private readonly target: Target,
    private readonly stores: Stores | undefined,
    private readonly display: ProgressDisplay,
  ) {
    this.plays = new Plays(settings);
    this.ledger = new Ledger(this.plays);
    this.follower = stores && new StreamFollower(stores, this.plays);
  }

  async play(signal: AbortSignal): Promise<void> {
    await this.follower?.start();
    const ticking = setInterval(() => this.display.show(this.#share(), () => this.#live()), 200);
    try {
      await runLoad(this.plays, this.ledger, this.figures, this.target, this.load, signal);
    } finally {
      clearInterval(ticking);
      this.display.end();
    }
  }

  /** Until everything is stored and told. */
  async settle(): Promise<void> {
    if (!this.stores) return;
    await waitUntilStored(this.stores, (waiting) =>
      this.display.show(undefined, () => `${count(waiting)} events wait for Postgres`),
    );
    await this.follower?.finish();
    this.display.end();
  }

  /** @returns what was checked, in words */
  async check(): Promise<string[]> {
    const checked: string[] = [];
    if (this.stores) {
      await checkPostgres(
        this.stores,
        this.plays,
        this.ledger,
        this.#startedAtMs - clocksApartMs,
        this.findings,
      );
      checked.push('Postgres');
    }
    if (this.follower && this.follower.trimmed === 0) {
      checkStream(this.follower, this.plays, this.ledger, this.findings);
      checked.push('the event stream');
    }
    const client = new BulkClient(this.target, 1);
    try {
      await checkTop(client, this.plays, this.ledger, this.findings);
    } finally {
      await client.close();
    }
    return [...checked, '/top'];
  }

  #share(): number | undefined {
    const { events, seconds } = this.load;
    const share = Math.max(this.ledger.sent / events, this.figures.seconds / seconds);
    return Number.isFinite(events) || Number.isFinite(seconds) ? Math.min(1, share) : undefined;
  }

  #live(): string {
    const { figures, ledger } = this;
    const { latencyUs, held } = figures;
    const waits = [...held].map(([reason, events]) => `  ${reason} ${count(events)}`).join('');
    const refused = [...ledger.refusals]
      .map(([code, events]) => `  refused ${code} ${count(events)}`)
      .join('');
    const calls = `p50 ${ms(latencyUs.percentile(50))} p99 ${ms(latencyUs.percentile(99))}`;
    return `${count(ledger.accepted)} accepted  ${count(ledger.accepted / figures.seconds)}/s  ${calls}${waits}${refused}`;
  }
}

export const ms = (us: number) => `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`;
