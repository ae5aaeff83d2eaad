import type { Logger } from '@leaderboard/shared/logger';
import type { ShardQueue } from './shard-queue.js';

/** Keeps the leases of the claims in hand, by a timer of its own: a slow transaction must not look like a death. */
export class Leases {
  readonly #held = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly queue: ShardQueue,
    leaseMs: number,
    private readonly logger: Logger,
  ) {
    this.#timer = setInterval(() => void this.#renew(), leaseMs / 3);
  }

  hold(claim: string): void {
    this.#held.add(claim);
  }

  drop(claim: string): void {
    this.#held.delete(claim);
  }

  /** Gives back what is still held. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#held.size === 0) return;
    await this.queue.release([...this.#held]).catch((err: Error) => {
      this.logger.warn(
        { err: err.message },
        'claims could not be given back: they are taken over after their lease',
      );
    });
  }

  async #renew(): Promise<void> {
    if (this.#held.size === 0) return;
    await this.queue.renew([...this.#held]).catch((err: Error) => {
      this.logger.debug({ err: err.message }, 'leases not renewed');
    });
  }
}
