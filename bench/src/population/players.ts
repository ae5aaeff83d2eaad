import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mintToken } from '@leaderboard/shared/http/auth';
import { everyone } from '@leaderboard/shared/topology/regions';
import type { Progress } from '../progress.js';
import type { Population, User } from './users.js';

const tokenTtlSeconds = 24 * 3600;

/** As if it had just logged in. */
export function tokenOf({ userId, name, region }: User, jwtSecret: string): string {
  return mintToken({ user_id: userId, name, region, role: 'player' }, jwtSecret, tokenTtlSeconds);
}

/** Of a game server, which posts for anybody. */
export function serverToken(jwtSecret: string): string {
  return mintToken(
    { user_id: 'bench', name: 'bench', region: everyone, role: 'server' },
    jwtSecret,
    tokenTtlSeconds,
  );
}

/** Writes what the load scripts read: user_id, region, first score and token of the first `count` shuffled users. */
export async function writePlayers(
  file: string,
  population: Population,
  count: number,
  jwtSecret: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const bar = progress.bar('minting tokens');
  const stream = createWriteStream(file, { mode: 0o600 });
  for (let position = 0; position < count; position++) {
    const user = population.shuffled(position);
    const line = [user.userId, user.region, user.firstScore, tokenOf(user, jwtSecret)].join('\t');
    if (stream.write(`${line}\n`)) continue;
    await once(stream, 'drain', { signal });
    bar.at(position, count);
  }
  stream.end();
  await once(stream, 'close');
  bar.end();
}
