import { LRUCache } from 'lru-cache';
import type { Outcome } from '../upstream/service-client.js';

/** The largest answer has about 120 kB. */
const answersKept = 256;

interface Kept {
  readonly outcome: Promise<Outcome>;
  readonly freshUntilMs: number;
}

/**
 * Answers that are the same for everybody, kept for a moment: whoever asks the same while it lasts, or while it is being
 * asked, gets the same bytes. What is not a 200 is nobody else's: it names the request that it refuses.
 */
export class AnswerCache {
  readonly #ttlMs: number;
  readonly #kept = new LRUCache<string, Kept>({ max: answersKept });

  /** @param ttlMs from the moment at which an answer was asked for: it is never older */
  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  async get(key: string, ask: () => Promise<Outcome>): Promise<Outcome> {
    const now = performance.now();
    const known = this.#kept.get(key);
    if (known && now < known.freshUntilMs) {
      const outcome = await known.outcome;
      return isGood(outcome) ? outcome : ask();
    }
    const kept = { outcome: ask().then(ownBody), freshUntilMs: now + this.#ttlMs };
    this.#kept.set(key, kept);
    const outcome = await kept.outcome;
    if (!isGood(outcome) && this.#kept.peek(key) === kept) this.#kept.delete(key);
    return outcome;
  }
}

const isGood = (outcome: Outcome) => 'answer' in outcome && outcome.answer.status === 200;

/** A body that is kept must not hold the memory of the batch that it came in. */
function ownBody(outcome: Outcome): Outcome {
  if (!('answer' in outcome)) return outcome;
  const { answer } = outcome;
  return { ...outcome, answer: { ...answer, body: Buffer.from(answer.body) } };
}
