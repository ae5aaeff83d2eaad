import { Problem } from '@leaderboard/shared/http/problems';
import { everyone } from '@leaderboard/shared/topology/regions';
import { LRUCache } from 'lru-cache';
import type { AccountStore } from '../store/account-store.js';

/** A home does not change, so it is remembered for as long as there is room and the accounts' epoch lasts. */
const rememberedUsers = 200_000;

/** Where users live, for game servers that post for anyone: the first score of an unknown user claims a home. */
export class Homes {
  readonly #accounts: AccountStore;
  readonly #known = new LRUCache<string, { home: string; epoch: number }>({ max: rememberedUsers });

  constructor(accounts: AccountStore) {
    this.#accounts = accounts;
  }

  /**
   * @param region what the server sent; GLOBAL for a new user when it sent none
   * @throws {Problem} region_mismatch, queue_full
   */
  async resolve(userId: string, region: string | undefined, name: string | undefined): Promise<string> {
    const known = this.#known.get(userId);
    const home =
      known?.epoch === this.#accounts.epochOf(userId) ? known.home : await this.#claim(userId, region, name);
    if (region !== undefined && region !== home) {
      throw new Problem('region_mismatch', `"${userId}" lives in ${home}, not in ${region}`);
    }
    return home;
  }

  async #claim(userId: string, region: string | undefined, name: string | undefined): Promise<string> {
    const claim = { userId, region: region ?? everyone, name: name ?? userId };
    const [home] = await this.#accounts.claimHomes([claim]);
    if (typeof home !== 'string') throw home;
    this.#known.set(userId, { home, epoch: this.#accounts.epochOf(userId) });
    return home;
  }
}
