import { randomUUID } from 'node:crypto';
import { Problem } from '@leaderboard/shared/http/problems';
import type { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import type { StoredAccount } from '@leaderboard/shared/scripting/read-account';
import {
  absentKey,
  boardKey,
  dueKey,
  hiddenBoardKey,
  queueKey,
  shardKey,
  userKey,
} from '@leaderboard/shared/topology/keys';
import type { ShardMap } from '@leaderboard/shared/topology/shards';
import type { AdminAct } from './game-store.js';

/** What is done to a user as a whole, in the shard of its scores. */
export class UserStore {
  readonly #scripts: FencedScripts;
  readonly #shards: ShardMap;
  readonly #queueMax: number;

  constructor(scripts: FencedScripts, shards: ShardMap, queueMax: number) {
    this.#scripts = scripts;
    this.#shards = shards;
    this.#queueMax = queueMax;
  }

  /** Takes a user off all boards, or puts it back. @throws {Problem} queue_full */
  async hide({ userId, region }: StoredAccount, hidden: boolean, act: AdminAct): Promise<void> {
    const shard = this.#shards.home(region, userId);
    const keys = [
      shardKey(shard),
      queueKey(shard),
      userKey(shard, userId),
      boardKey(shard),
      hiddenBoardKey(shard),
      absentKey(shard),
    ];
    const args = [String(this.#queueMax), randomUUID(), userId, region, hidden ? '1' : '0'];
    const code = await this.#scripts.run('hide-user', shard, keys, [...args, act.actor, act.requestId]);
    if (code === 'queue_full')
      throw new Problem('queue_full', 'Too many changes wait to be stored', { retryAfterSeconds: 1 });
  }

  /**
   * Erases the scores of an account, and refuses what is still written on its behalf.
   * @param actor the admin who asks, undefined for the user itself
   */
  async erase(account: StoredAccount, actor: string | undefined, requestId: string): Promise<void> {
    const { userId, region, version } = account;
    const shard = this.#shards.home(region, userId);
    const keys = [
      shardKey(shard),
      queueKey(shard),
      userKey(shard, userId),
      boardKey(shard),
      hiddenBoardKey(shard),
      dueKey(shard),
      absentKey(shard),
    ];
    const args = [randomUUID(), userId, region, String(version), actor ?? '', requestId];
    await this.#scripts.run('erase-user', shard, keys, args);
  }
}
