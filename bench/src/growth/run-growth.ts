import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { inheritedEnvironment } from '@leaderboard/local/config';
import { ensurePrograms, redisProgram } from '@leaderboard/local/packages';
import { dataPaths } from '@leaderboard/local/paths';
import {
  makeTemporaryDirectory,
  removeDataDirectory,
  sweepAbandoned,
} from '@leaderboard/local/temporary-directory';
import { Closers } from '../closers.js';
import { ensureWrk } from '../load/wrk.js';
import { medians } from '../measure/statistics.js';
import { writePlayers } from '../population/players.js';
import type { Progress } from '../progress.js';
import { Board, populationOf } from './board.js';
import { type GrowthOptions, mergedShards, writtenPartitions } from './options.js';
import { type BoardReport, writeGrowthReport } from './report.js';
import { type Kind, kinds, loadOf } from './requests.js';
import { measureWatchers } from './watchers.js';

/** These write; enough that nobody meets the limit of ten writes a second. */
const mostPlayers = 20_000;
const throughputConnections = 64;

type Figures = Record<string, number>;

/**
 * Boards of several sizes, and one size split over several numbers of shards, all of them there at once and measured in turns: what else happens
 * on the machine happens to all.
 */
export async function runGrowth(
  options: GrowthOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const closers = new Closers();
  try {
    const { PATH: searchPath } = inheritedEnvironment();
    const line = (text: string) => progress.line(text);
    await ensurePrograms([redisProgram], searchPath, line);
    const wrk = await ensureWrk(searchPath, line);
    await sweepAbandoned();
    const paths = dataPaths(makeTemporaryDirectory());
    closers.add(() => removeDataDirectory(paths));

    const jwtSecret = randomBytes(32).toString('hex');
    const boards: Board[] = [];
    for (const { users, shards } of boardsOf(options)) {
      signal.throwIfAborted();
      const board = await Board.open({ users, shards, wrk, jwtSecret, searchPath }, progress);
      closers.add(() => board.close());
      boards.push(board);
    }
    const playersFile = (users: number) => join(paths.root, `players-${users}.tsv`);
    for (const users of new Set(boards.map(({ options: { users: count } }) => count))) {
      const players = Math.min(users, mostPlayers);
      await writePlayers(playersFile(users), populationOf(users), players, jwtSecret, progress, signal);
    }

    const measure = async (board: Board, kind: Kind, connections: number): Promise<Figures> => {
      const load = loadOf(kind, board, playersFile(board.options.users), connections, options.seconds);
      const { result, redisUs, serviceUs } = await board.run(load, signal);
      return {
        p50Us: result.latencyUs.p50,
        p99Us: result.latencyUs.p99,
        perSecond: result.acceptedPerSecond,
        redisUs,
        ...(serviceUs !== undefined && { serviceUs }),
      };
    };
    const measured = await rounds(boards, measure, options, progress);
    progress.line('watchers');
    const [smallest] = boards;
    if (!smallest) throw new Error('there is no board');
    const watched = await measureWatchers(smallest, signal);
    writeGrowthReport({ date: new Date().toISOString(), options, boards: measured, watchers: watched });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await closers.close();
  }
}

function boardsOf({ sizes, mergedUsers }: GrowthOptions): { users: number; shards: number }[] {
  const shards = [...new Set([...mergedShards, ...writtenPartitions])].sort((a, b) => a - b);
  const split = shards.map((count) => ({ users: mergedUsers, shards: count }));
  const whole = sizes.map((users) => ({ users, shards: 1 }));
  return [...whole, ...split.filter(({ shards: count }) => count > 1 || !sizes.includes(mergedUsers))];
}

/** The first round is only to warm up. */
async function rounds(
  boards: readonly Board[],
  measure: (board: Board, kind: Kind, connections: number) => Promise<Figures>,
  options: GrowthOptions,
  progress: Progress,
): Promise<BoardReport[]> {
  const samples = new Map<string, Figures[]>();
  const keep = (key: string, figures: Figures) => samples.set(key, [...(samples.get(key) ?? []), figures]);
  const keyOf = (board: Board, kind: string) => `${kind} ${boards.indexOf(board)}`;
  for (let round = 0; round <= options.rounds; round += 1) {
    progress.line(round === 0 ? 'warming up' : `round ${round} of ${options.rounds}`);
    for (const kind of kinds) {
      for (const board of boards) {
        const figures = await measure(board, kind, 1);
        if (round > 0) keep(keyOf(board, kind), figures);
      }
    }
    for (const board of boards.filter((one) => isWritten(one, options))) {
      const figures = await measure(board, 'write', throughputConnections);
      if (round > 0) keep(keyOf(board, 'busy'), figures);
    }
  }
  const of = (board: Board, kind: string) => medians(samples.get(keyOf(board, kind)) ?? []);
  return boards.map((board) => ({
    users: board.options.users,
    shards: board.options.shards,
    bytesPerUser: board.bytesPerUser,
    write: of(board, 'write'),
    rank: of(board, 'rank'),
    top: of(board, 'top'),
    around: of(board, 'around'),
    ...(isWritten(board, options) && { busyWrite: of(board, 'busy') }),
  }));
}

const isWritten = ({ options: { users, shards } }: Board, { mergedUsers }: GrowthOptions) =>
  users === mergedUsers && writtenPartitions.includes(shards);
