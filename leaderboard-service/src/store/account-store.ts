import { randomUUID } from 'node:crypto';
import { Problem } from '@leaderboard/shared/http/problems';
import type { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import { type Account, readAccount, type StoredAccount } from '@leaderboard/shared/scripting/read-account';
import { accountKey, queueKey, shardKey } from '@leaderboard/shared/topology/keys';
import type { Shard, ShardMap } from '@leaderboard/shared/topology/shards';

/** A user to whom a home region is to be given, unless there is one already. */
export interface HomeClaim {
  readonly userId: string;
  readonly region: string;
  readonly name: string;
}

/** Where a user lives, and the name it is known by. */
export interface Home {
  readonly region: string;
  readonly name: string;
  /** Of the account: what is written on behalf of an erased one is refused. */
  readonly version: number;
}

/** Accounts and home regions, in the GLOBAL region's shards whatever a user's home is. */
export class AccountStore {
  readonly #scripts: FencedScripts;
  readonly #shards: ShardMap;
  readonly #queueMax: number;

  constructor(scripts: FencedScripts, shards: ShardMap, queueMax: number) {
    this.#scripts = scripts;
    this.#shards = shards;
    this.#queueMax = queueMax;
  }

  /** Changes when accounts may have been lost with their Redis: what was remembered of them is to be forgotten. */
  epochOf(userId: string): number {
    return this.#scripts.epochOf(this.#shards.account(userId));
  }

  find(userId: string): Promise<StoredAccount | undefined> {
    return readAccount(this.#scripts, this.#shards, userId);
  }

  /**
   * Makes an account; the version answered is what `withdraw` takes.
   * @throws {Problem} user_exists, queue_full
   */
  async register(account: Account & { passwordHash: string }): Promise<string> {
    const { userId, name, region, passwordHash } = account;
    const shard = this.#shards.account(userId);
    const keys = [shardKey(shard), queueKey(shard), accountKey(shard, userId)];
    const args = [String(this.#queueMax), randomUUID(), userId, name, region, passwordHash];
    const [code, version = ''] = (await this.#scripts.run('register-account', shard, keys, args)) as string[];
    if (code === 'user_exists')
      throw new Problem('user_exists', `"${userId}" is taken: choose another user_id`);
    if (code === 'queue_full') throw queueFull();
    return version;
  }

  /** Takes back an account made a moment ago. */
  async withdraw(userId: string, version: string): Promise<void> {
    const shard = this.#shards.account(userId);
    const keys = [shardKey(shard), queueKey(shard), accountKey(shard, userId)];
    await this.#scripts.run('withdraw-account', shard, keys, [randomUUID(), userId, version]);
  }

  /** Frees the id of an account; false when this account is gone already. */
  async erase(userId: string, version: number): Promise<boolean> {
    const shard = this.#shards.account(userId);
    const keys = [shardKey(shard), queueKey(shard), accountKey(shard, userId)];
    return (
      (await this.#scripts.run('erase-account', shard, keys, [randomUUID(), userId, String(version)])) === 1
    );
  }

  /**
   * The home of each user, in order: the one claimed here when there was none before. A Problem in place of a
   * home is the refusal of that one claim.
   */
  async claimHomes(claims: readonly HomeClaim[]): Promise<(Home | Problem)[]> {
    const byShard = new Map<Shard, number[]>();
    for (const [at, claim] of claims.entries()) {
      const shard = this.#shards.account(claim.userId);
      const positions = byShard.get(shard);
      if (positions) positions.push(at);
      else byShard.set(shard, [at]);
    }
    const homes: (Home | Problem)[] = new Array(claims.length);
    await Promise.all(
      [...byShard].map(async ([shard, positions]) => {
        const keys = [shardKey(shard), queueKey(shard), accountKey(shard, '')];
        const args = positions.flatMap((at) => {
          const { userId, region, name } = claims[at] as HomeClaim;
          return [randomUUID(), userId, region, name];
        });
        const reply = (await this.#scripts.run('claim-homes', shard, keys, [
          String(this.#queueMax),
          ...args,
        ])) as string[];
        for (const [index, at] of positions.entries()) {
          const [code, region = '', name = '', version] = reply.slice(index * 4, index * 4 + 4);
          homes[at] = code === 'queue_full' ? queueFull() : { region, name, version: Number(version) };
        }
      }),
    );
    return homes;
  }
}

function queueFull(): Problem {
  return new Problem('queue_full', 'Too many new accounts wait to be stored', { retryAfterSeconds: 1 });
}
