import { setTimeout as sleep } from 'node:timers/promises';

/** Waits between the attempts of something that must succeed in the end: 100 ms, doubling up to 5 s, jittered. */
export class Backoff {
  #attempt = 0;

  constructor(
    private readonly leastMs = 100,
    private readonly mostMs = 5_000,
  ) {}

  /** Resolves early, without an error, when the signal says to stop. */
  async wait(signal: AbortSignal): Promise<void> {
    const delayMs = Math.min(this.mostMs, this.leastMs * 2 ** Math.min(this.#attempt, 10));
    this.#attempt += 1;
    await pause(delayMs * (0.5 + Math.random() / 2), signal);
  }

  reset(): void {
    this.#attempt = 0;
  }
}

/** A sleep that ends early, without an error, when the signal says to stop. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  await sleep(delayMs, undefined, { signal }).catch(() => {});
}
