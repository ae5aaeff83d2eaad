import type { RegisterBody } from '@leaderboard/shared/contracts/accounts';
import { accountGone, type Caller, isFor } from '@leaderboard/shared/http/auth';
import { Problem } from '@leaderboard/shared/http/problems';
import type { StoredAccount } from '@leaderboard/shared/scripting/read-account';
import { everyone } from '@leaderboard/shared/topology/regions';
import type { ShardMap } from '@leaderboard/shared/topology/shards';
import type { AccountStore } from '../store/account-store.js';
import type { UserStore } from '../store/user-store.js';
import { checkPasswordLength, generatePassword, type Passwords } from './passwords.js';
import { parseRegion } from './regions.js';
import type { Scores } from './scores.js';

/** A registered user as its token will name it. */
export type Player = Omit<Caller, 'role'>;

export class Accounts {
  readonly #store: AccountStore;
  readonly #users: UserStore;
  readonly #passwords: Passwords;
  readonly #scores: Scores;
  readonly #shards: ShardMap;

  constructor(store: AccountStore, users: UserStore, passwords: Passwords, scores: Scores, shards: ShardMap) {
    this.#store = store;
    this.#users = users;
    this.#passwords = passwords;
    this.#scores = scores;
    this.#shards = shards;
  }

  /**
   * Makes an account, with a first score if one is given. Without a password a strong one is made and
   * answered this once.
   * @throws {Problem} user_exists, unknown_region, auth_busy, queue_full
   */
  async register(
    body: RegisterBody,
    requestId: string,
  ): Promise<{ player: Player; generatedPassword?: string }> {
    const region = parseRegion(this.#shards, body.region ?? everyone);
    const profile = { user_id: body.user_id, name: body.name, region };
    if (body.password !== undefined) checkPasswordLength(body.password);
    const password = body.password ?? generatePassword();
    const passwordHash = await this.#passwords.hash(password);
    const version = await this.#store.register({
      userId: body.user_id,
      name: body.name,
      region,
      passwordHash,
    });
    const player = { ...profile, account_version: Number(version) };
    if (body.initialScore !== undefined)
      await this.#firstScore(player, body.initialScore, version, requestId);
    return body.password === undefined ? { player, generatedPassword: password } : { player };
  }

  /** @throws {Problem} bad_credentials, the same and as slow for an unknown user; auth_busy */
  async login(userId: string, password: string): Promise<Player> {
    checkPasswordLength(password, 0);
    const account = await this.#store.find(userId);
    const fits = await this.#passwords.verify(password, account?.passwordHash);
    if (!account || !fits) throw new Problem('bad_credentials', 'No account has this user_id and password');
    return { user_id: userId, name: account.name, region: account.region, account_version: account.version };
  }

  /** Who the caller is now; tokens of game servers and admins need no account. @throws {Problem} unauthorized */
  async profile(caller: Caller): Promise<Caller> {
    const account = await this.#store.find(caller.user_id);
    if (caller.role === 'player' && !isFor(caller, account)) throw accountGone();
    return {
      user_id: caller.user_id,
      name: account?.name ?? caller.name,
      region: account?.region ?? caller.region,
      role: caller.role,
    };
  }

  /** The account of a registered or claimed user. @throws {Problem} unknown_user */
  async get(userId: string): Promise<StoredAccount> {
    const account = await this.#store.find(userId);
    if (!account) throw new Problem('unknown_user', `There is no user "${userId}"`);
    return account;
  }

  /**
   * Erases a user everywhere. The scores go first and the account last: until then the id belongs to somebody, and the
   * same request again finishes what was begun.
   * @throws {Problem} forbidden, unauthorized, unknown_user
   */
  async erase(caller: Caller, userId: string, requestId: string): Promise<void> {
    if (caller.role !== 'admin' && caller.user_id !== userId) {
      throw new Problem('forbidden', 'Only the user itself or an admin may erase an account');
    }
    const account = await this.#store.find(userId);
    if (caller.role === 'player' && !isFor(caller, account)) throw accountGone();
    if (!account) throw new Problem('unknown_user', `There is no user "${userId}"`);
    const actor = caller.role === 'admin' ? caller.user_id : undefined;
    await this.#users.erase(account, actor, requestId);
    await this.#store.erase(userId, account.version);
  }

  /**
   * An account whose first score was refused, or is not known to stand, is taken back, so that the same request may be
   * tried again: nobody would ever see the password of the first.
   */
  async #firstScore(player: Player, value: number, version: string, requestId: string): Promise<void> {
    const { user_id: userId, name, region } = player;
    const accountVersion = Number(version);
    const subject = { userId, name, newName: name, region, limited: false, accountVersion };
    try {
      await this.#scores.apply({
        action: 'create',
        subject,
        game: undefined,
        value,
        idempotencyKey: undefined,
        requestId,
      });
    } catch (error) {
      // Where even this fails the account stays; the client is told the first trouble, not the second.
      await this.#store.withdraw(userId, version).catch(() => {});
      throw error;
    }
  }
}
