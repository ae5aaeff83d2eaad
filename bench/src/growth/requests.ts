import type { Load } from '../load/wrk.js';
import { ScoreOffsets } from '../population/score-offsets.js';
import { userIdFormat } from '../population/users.js';
import type { Board } from './board.js';

export const kinds = ['write', 'rank', 'top', 'around'] as const;
export type Kind = (typeof kinds)[number];

const offsets = new ScoreOffsets();
/** More than any player can post in a second. */
const scoresPerSecond = 100;

/** The same requests as in the other workloads, each for users drawn evenly from all. */
export function loadOf(
  kind: Kind,
  { population }: Board,
  playersFile: string,
  connections: number,
  seconds: number,
): Load {
  const seed = String(Math.floor(Math.random() * 2 ** 31));
  const ofUser = (path: string) => ({
    script: 'user.lua',
    args: [seed, String(population.count), userIdFormat, population.regions.join(','), path, 'any'],
  });
  const requests = {
    write: () => ({
      script: 'score.lua',
      args: [playersFile, seed, String(offsets.take(seconds * scoresPerSecond))],
    }),
    rank: () => ofUser('/rank/%s'),
    top: () => ({ script: 'top.lua', args: [] }),
    around: () => ofUser('/around/%s?range=10'),
  };
  return { ...requests[kind](), connections, seconds };
}
