import { Problem } from '@leaderboard/shared/http/problems';
import { everyone } from '@leaderboard/shared/topology/regions';
import { LRUCache } from 'lru-cache';
import type { AccountStore, Home } from '../store/account-store.js';

/** A home does not change, so it is remembered for as long as there is room and the accounts' epoch lasts. */
const rememberedUsers = 200_000;

export interface WantedHome {
  readonly userId: string;
  /** What the server sent; a new user gets GLOBAL when it sent none. */
  readonly region: string | undefined;
  readonly name: string | undefined;
}

/** Where users live, for game servers that post for anyone: the first score of an unknown user claims a home. */
export class Homes {
  readonly #accounts: AccountStore;
  readonly #known = new LRUCache<string, { home: Home; epoch: number }>({ max: rememberedUsers });

  constructor(accounts: AccountStore) {
    this.#accounts = accounts;
  }

  /** @throws {Problem} region_mismatch, queue_full */
  async resolve(wanted: WantedHome): Promise<Home> {
    const [home] = await this.resolveAll([wanted]);
    if (home === undefined || home instanceof Problem) throw home;
    return home;
  }

  /** The home of each user in order, or the Problem that stands in its way. */
  async resolveAll(wanted: readonly WantedHome[]): Promise<(Home | Problem)[]> {
    const homes = wanted.map(({ userId }) => this.#remembered(userId));
    const unknown = wanted.filter((_, at) => homes[at] === undefined);
    const claims = unknown.map(({ userId, region, name }) => ({
      userId,
      region: region ?? everyone,
      name: name ?? userId,
    }));
    const claimed = claims.length > 0 ? await this.#accounts.claimHomes(claims) : [];
    for (const [at, { userId }] of unknown.entries()) this.#remember(userId, claimed[at]);

    let next = 0;
    return wanted.map(({ userId, region }, at) => {
      const home = homes[at] ?? (claimed[next++] as Home | Problem);
      if (home instanceof Problem || region === undefined || region === home.region) return home;
      return new Problem('region_mismatch', `"${userId}" lives in ${home.region}, not in ${region}`);
    });
  }

  /** The next claim asks the store: the account that was remembered is gone. */
  forget(userId: string): void {
    this.#known.delete(userId);
  }

  #remembered(userId: string): Home | undefined {
    const known = this.#known.get(userId);
    return known?.epoch === this.#accounts.epochOf(userId) ? known.home : undefined;
  }

  #remember(userId: string, home: Home | Problem | undefined): void {
    if (home === undefined || home instanceof Problem) return;
    this.#known.set(userId, { home, epoch: this.#accounts.epochOf(userId) });
  }
}
