import { LRUCache } from 'lru-cache';
import type { Outcome } from '../upstream/service-client.js';

/** The largest answer has about 120 kB. */
const answersKept = 256;

interface Kept {
  readonly outcome: Promise<Outcome>;
  readonly freshUntilMs: number;
}

/**
 * Answers that are the same for everybody, kept for a moment: whoever asks the same while it lasts, or while it is being asked, gets the same
 * bytes. What is not a 200 is not kept.
 */
export class AnswerCache {
  readonly #ttlMs: number;
  readonly #kept = new LRUCache<string, Kept>({ max: answersKept });

  /** @param ttlMs from the moment at which an answer was asked for: it is never older */
  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  get(key: string, ask: () => Promise<Outcome>): Promise<Outcome> {
    const now = performance.now();
    const known = this.#kept.get(key);
    if (known && now < known.freshUntilMs) return known.outcome;
    const outcome = ask();
    const kept = { outcome, freshUntilMs: now + this.#ttlMs };
    this.#kept.set(key, kept);
    void outcome.then((one) => {
      if ('answer' in one && one.answer.status === 200) return;
      if (this.#kept.peek(key) === kept) this.#kept.delete(key);
    });
    return outcome;
  }
}
