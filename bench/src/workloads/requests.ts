import type { Bench } from '../bench.js';
import { serverToken } from '../population/players.js';
import { userIdFormat } from '../population/users.js';

/** A kind of HTTP load; the same requests go to the platform and to the echo. */
export interface Requests {
  /** A file of bench/wrk. */
  readonly script: string;
  /** Whether some of them are `POST /score`. */
  readonly write: boolean;
  readonly connections?: number;
  /** Of a call that sends many at once: what is counted then. */
  readonly events?: number;
  /** Of one run; each one draws other users. */
  args(bench: Bench, seconds: number): string[];
}

/** Far more than the limit of 10 a second, so that two runs never post the same score. */
const scoresPerSecond = 100;

/** Game servers have no limit of their own for a user. */
const bulkScoresFactor = 10;

const seed = () => String(Math.floor(Math.random() * 2 ** 31));

const playerArgs = (bench: Bench, seconds: number) => [
  bench.playersFile,
  seed(),
  String(bench.offsets.take(seconds * scoresPerSecond)),
];

const userArgs =
  (path: string, who: 'regional' | 'any') =>
  ({ population }: Bench) => [
    seed(),
    String(population.count),
    userIdFormat,
    population.regions.join(','),
    path,
    who,
  ];

export const eventsPerCall = 500;
/** More would only wait: these keep thousands of events under way. */
const bulkConnections = 16;

export const requests = {
  score: { script: 'score.lua', write: true, args: playerArgs },
  loneScore: { script: 'score.lua', write: true, connections: 1, args: playerArgs },
  mixed: { script: 'mixed.lua', write: true, args: playerArgs },
  bulk: {
    script: 'bulk.lua',
    write: true,
    connections: bulkConnections,
    events: eventsPerCall,
    args: (bench, seconds) => [
      ...playerArgs(bench, seconds * bulkScoresFactor),
      serverToken(bench.platform.jwtSecret),
      String(eventsPerCall),
    ],
  },
  rankAtHome: { script: 'user.lua', write: false, args: userArgs('/rank/%s?region=%s', 'regional') },
  rankOfAll: { script: 'user.lua', write: false, args: userArgs('/rank/%s', 'any') },
  around: { script: 'user.lua', write: false, args: userArgs('/around/%s?range=10', 'any') },
  top: { script: 'top.lua', write: false, args: () => [] },
} as const satisfies Record<string, Requests>;
