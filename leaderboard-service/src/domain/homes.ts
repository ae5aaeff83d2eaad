import { Problem } from '@leaderboard/shared/http/problems';
import { everyone } from '@leaderboard/shared/topology/regions';
import { LRUCache } from 'lru-cache';
import type { AccountStore } from '../store/account-store.js';

/** Homes never change, so they are remembered for as long as there is room. */
const rememberedUsers = 200_000;

/** Where users live, for game servers that post for anyone: the first score of an unknown user claims a home. */
export class Homes {
  readonly #accounts: AccountStore;
  readonly #known = new LRUCache<string, string>({ max: rememberedUsers });

  constructor(accounts: AccountStore) {
    this.#accounts = accounts;
  }

  /**
   * @param region what the server sent; GLOBAL for a new user when it sent none
   * @throws {Problem} region_mismatch, queue_full
   */
  async resolve(userId: string, region: string | undefined, name: string | undefined): Promise<string> {
    let home = this.#known.get(userId);
    if (home === undefined) {
      const [claimed] = await this.#accounts.claimHomes([{ userId, region: region ?? everyone, name: name ?? userId }]);
      if (claimed instanceof Problem) throw claimed;
      home = claimed as string;
      this.#known.set(userId, home);
    }
    if (region !== undefined && region !== home) {
      throw new Problem('region_mismatch', `"${userId}" lives in ${home}, not in ${region}`);
    }
    return home;
  }
}
