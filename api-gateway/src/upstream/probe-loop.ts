import type { ProbeResult } from './health.js';

/** Two probes of one upstream never begin closer together, however many requests ask for one. */
const shortestGapMs = 100;

/** Probes one upstream at an interval, and at once when something about it looks wrong. */
export class ProbeLoop {
  readonly #probe: () => Promise<ProbeResult>;
  readonly #onResult: (result: ProbeResult) => void;
  readonly #intervalMs: number;
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #stopped = false;
  #lastStart = Number.NEGATIVE_INFINITY;

  constructor(
    probe: () => Promise<ProbeResult>,
    intervalMs: number,
    onResult: (result: ProbeResult) => void,
  ) {
    this.#probe = probe;
    this.#intervalMs = intervalMs;
    this.#onResult = onResult;
  }

  /** Runs the first probe; the loop goes on by itself. */
  start(): Promise<void> {
    return this.#run();
  }

  probeSoon(): void {
    if (this.#running || this.#stopped) return;
    this.#schedule(shortestGapMs);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    this.#running = true;
    this.#lastStart = performance.now();
    const result = await this.#probe();
    this.#running = false;
    if (this.#stopped) return;
    this.#onResult(result);
    // A silence is asked about again without waiting: the second one counts.
    this.#schedule(result.kind === 'silent' ? shortestGapMs : this.#intervalMs);
  }

  /** The next probe, so many milliseconds after the last one began. */
  #schedule(gapMs: number): void {
    clearTimeout(this.#timer);
    const delayMs = Math.max(0, this.#lastStart + gapMs - performance.now());
    this.#timer = setTimeout(() => void this.#run(), delayMs).unref();
  }
}
