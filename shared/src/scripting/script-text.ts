import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Shard } from '../topology/shards.js';

/**
 * The Lua scripts that serve a shard. Their text carries the shard and its epoch, so a script is known to a Redis
 * only where a recovery has checked this shard and loaded it: everywhere else Redis answers NOSCRIPT, also where another
 * shard was opened at an epoch of the same number.
 */
export const scriptNames = [
  'write-scores',
  'find-entries',
  'read-slices',
  'register-account',
  'withdraw-account',
  'claim-homes',
  'read-account',
  'read-game',
  'list-games',
  'lease-game',
  'pin-rules',
  'write-game',
  'hide-user',
  'erase-user',
  'erase-account',
] as const;
export type ScriptName = (typeof scriptNames)[number];

const sources = new Map(scriptNames.map((name) => [name, readLua(name)]));
const hashes = new Map<string, string>();

/**
 * A Lua file of `shared/lua`; read at start, next to the compiled code as next to the source. Redis has no modules: what
 * several scripts share stands in `lua/include` and takes the place of its `--#include` line.
 */
export function readLua(name: string): string {
  const text = readFileSync(new URL(`../../lua/${name}.lua`, import.meta.url), 'utf8');
  return text.replace(/^--#include (\S+)$/gm, (_, part: string) => readLua(`include/${part}`));
}

/** Shards of the same name in layouts of different numbers of partitions hold different users. */
const layoutOf = ({ tag, partitions }: Shard) => `${tag}, partitions: ${partitions}`;

/** The text as it is loaded: `#!lua …`, then the epoch and the shard, then the script. */
export function fencedText(name: ScriptName, shard: Shard, epoch: number): string {
  const source = sources.get(name) ?? '';
  const firstLineEnd = source.indexOf('\n') + 1;
  return `${source.slice(0, firstLineEnd)}local EPOCH = '${epoch}' -- of ${layoutOf(shard)}\n${source.slice(firstLineEnd)}`;
}

/** The SHA-1 by which `EVALSHA` calls it. */
export function fencedHash(name: ScriptName, shard: Shard, epoch: number): string {
  const key = `${name} ${layoutOf(shard)} ${epoch}`;
  let hash = hashes.get(key);
  if (hash === undefined) {
    hash = createHash('sha1')
      .update(fencedText(name, shard, epoch))
      .digest('hex');
    hashes.set(key, hash);
  }
  return hash;
}
