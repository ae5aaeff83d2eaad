import { accountKey, shardKey } from '../topology/keys.js';
import type { ShardMap } from '../topology/shards.js';
import type { FencedScripts } from './fenced-scripts.js';

export interface Account {
  readonly userId: string;
  readonly name: string;
  readonly region: string;
  /** Undefined for a user whom a game server created. */
  readonly passwordHash: string | undefined;
}

export interface StoredAccount extends Account {
  /** Greater than that of any account which had this id before. */
  readonly version: number;
}

/** The account of a registered or claimed user, as it is this moment. @throws what `FencedScripts.run` throws */
export async function readAccount(
  scripts: FencedScripts,
  shards: ShardMap,
  userId: string,
): Promise<StoredAccount | undefined> {
  const shard = shards.account(userId);
  const reply = await scripts.run('read-account', shard, [shardKey(shard), accountKey(shard, userId)], []);
  const [name, region, passwordHash, version] = reply as string[];
  if (region === undefined) return undefined;
  return {
    userId,
    name: name || userId,
    region,
    passwordHash: passwordHash || undefined,
    version: Number(version),
  };
}
