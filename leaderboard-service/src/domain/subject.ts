import type { Caller } from '@leaderboard/shared/http/auth';
import { Problem } from '@leaderboard/shared/http/problems';
import type { ShardMap } from '@leaderboard/shared/topology/shards';
import type { Home } from '../store/account-store.js';
import type { Homes, WantedHome } from './homes.js';
import { parseRegion } from './regions.js';

/** Whose score is written, and where that user lives. */
export interface Subject {
  readonly userId: string;
  readonly region: string;
  /** Undefined: the name stays as it is. */
  readonly name: string | undefined;
  /** What a user without an entry is called when no name is given. */
  readonly newName: string;
  /** Players have a token bucket, game servers have none. */
  readonly limited: boolean;
  /** Of the account for which this is written; undefined when nobody has to be asked. */
  readonly accountVersion: number | undefined;
  /** Looks the user up again: the account that was known may have been erased, and somebody new have its id. */
  readonly renew?: () => Promise<Subject>;
}

/** What a body may say about its subject. */
export interface NamedSubject {
  user_id?: string;
  region?: string;
  name?: string;
}

export class Subjects {
  readonly #shards: ShardMap;
  readonly #homes: Homes;
  readonly #playerWrites: boolean;

  constructor(shards: ShardMap, homes: Homes, playerWrites: boolean) {
    this.#shards = shards;
    this.#homes = homes;
    this.#playerWrites = playerWrites;
  }

  /**
   * A player writes for itself and may repeat what its token says; a game server names any user.
   * @throws {Problem} forbidden, invalid_request, unknown_region, region_mismatch, queue_full
   */
  async resolve(caller: Caller, named: NamedSubject): Promise<Subject> {
    const region = named.region === undefined ? undefined : parseRegion(this.#shards, named.region);
    if (caller.role === 'player') return this.#player(caller, named, region);

    if (named.user_id === undefined) {
      const message = 'is needed with a server token';
      throw new Problem('invalid_request', `body/user_id ${message}`, {
        errors: [{ path: 'body/user_id', message }],
      });
    }
    return this.#served({ userId: named.user_id, region, name: named.name });
  }

  async #served(wanted: WantedHome): Promise<Subject> {
    return servedSubject(wanted, await this.#homes.resolve(wanted), this.#homes);
  }

  #player(caller: Caller, named: NamedSubject, region: string | undefined): Subject {
    this.refusePlayerWrites(caller);
    if (named.user_id !== undefined && named.user_id !== caller.user_id) {
      throw new Problem('forbidden', 'A player may only write its own scores');
    }
    if (region !== undefined && region !== caller.region) {
      throw new Problem('forbidden', `This player lives in ${caller.region}`);
    }
    if (named.name !== undefined && named.name !== caller.name) {
      throw new Problem('forbidden', 'A player may not write under another name');
    }
    const home = parseRegion(this.#shards, caller.region);
    return {
      userId: caller.user_id,
      region: home,
      name: caller.name,
      newName: caller.name,
      limited: true,
      accountVersion: caller.account_version,
    };
  }

  /** @throws {Problem} forbidden, where `PLAYER_WRITES=false` leaves scores to game servers */
  refusePlayerWrites(caller: Caller | undefined): void {
    if (this.#playerWrites || (caller && caller.role !== 'player')) return;
    throw new Problem('forbidden', 'Only game servers may write scores here');
  }
}

/** A user for whom a game server writes. */
export function servedSubject(wanted: WantedHome, home: Home, homes: Homes): Subject {
  const { userId, name } = wanted;
  return {
    userId,
    region: home.region,
    name,
    newName: home.name,
    limited: false,
    accountVersion: home.version,
    renew: async () => {
      homes.forget(userId);
      return servedSubject(wanted, await homes.resolve(wanted), homes);
    },
  };
}
