import { boardKey, dueKey, hiddenBoardKey, rulesKey, shardKey, userKey } from '../topology/keys.js';
import type { Shard } from '../topology/shards.js';

/** The one place that knows the argument layout of shared/lua/sweep-windows.lua. */

/** Small enough that nothing waits for it; between two of them others have their turn. */
export const sweepChunkUsers = 25;

export function sweepWindowsKeys(shard: Shard): string[] {
  return [
    shardKey(shard),
    dueKey(shard),
    userKey(shard, ''),
    boardKey(shard),
    hiddenBoardKey(shard),
    rulesKey(shard),
  ];
}

export const sweepWindowsArguments = (mostUsers: number, bucketSeconds: number): string[] => [
  String(mostUsers),
  String(bucketSeconds),
];
