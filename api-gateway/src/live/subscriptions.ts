import type { LiveQuery } from '@leaderboard/shared/contracts/live';
import { Problem } from '@leaderboard/shared/http/problems';
import type { Frame } from './frame.js';
import type { LiveHub, Seat } from './hub.js';
import { boardOf, keyOf } from './watched-board.js';

/** Boards that one socket may watch at a time. */
const maxSubscriptions = 20;

/** What one socket watches. */
export class Subscriptions {
  readonly #hub: LiveHub;
  readonly #send: (frame: Frame) => void;
  /** By board and user; without a seat while the board is read for the first time. */
  readonly #open = new Map<string, { seat?: Seat }>();

  constructor(hub: LiveHub, send: (frame: Frame) => void) {
    this.#hub = hub;
    this.#send = send;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Once more for the same gives a snapshot again. @throws {Problem} why it cannot be watched */
  async add(query: LiveQuery): Promise<void> {
    const key = subscriptionKey(query);
    this.remove(query);
    if (this.#open.size >= maxSubscriptions) {
      throw new Problem('invalid_request', `A connection watches ${maxSubscriptions} boards at most`);
    }
    const subscription: { seat?: Seat } = {};
    this.#open.set(key, subscription);
    const isOpen = () => this.#open.get(key) === subscription;
    try {
      const seat = await this.#hub.join(boardOf(query));
      if (!isOpen()) return seat.leave();
      subscription.seat = seat;
      seat.start({ userId: query.user_id, send: this.#send });
    } catch (problem) {
      if (!isOpen()) return;
      this.#open.delete(key);
      throw problem;
    }
  }

  remove(query: LiveQuery): void {
    const key = subscriptionKey(query);
    this.#open.get(key)?.seat?.leave();
    this.#open.delete(key);
  }

  clear(): void {
    for (const { seat } of this.#open.values()) seat?.leave();
    this.#open.clear();
  }
}

const subscriptionKey = (query: LiveQuery) => `${keyOf(boardOf(query))} ${query.user_id ?? ''}`;
