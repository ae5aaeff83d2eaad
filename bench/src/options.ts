import { parseArgs } from 'node:util';

/** What can be asked for by name; `bench/src/workloads/index.ts` says what belongs to each. */
export const groups = [
  'writes',
  'reads',
  'mixed',
  'bulk',
  'drain',
  'recover',
  'memory',
  'windows',
  'fsync',
  'live',
] as const;
export type Group = (typeof groups)[number];

export interface Options {
  readonly groups: readonly Group[];
  readonly rounds: number;
  /** Of one round of one side. */
  readonly seconds: number;
  readonly connections: number;
  readonly users: number;
  /** How many of the users write. */
  readonly players: number;
  /** Events in the queue before a drain. */
  readonly backlog: number;
}

/** A command line that makes no sense, or asks for help: its message is all that is shown. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Fewer could not write as fast as the platform takes it without meeting their own limit of 10 writes a second. */
const leastUsers = 10_000;
/** Ids have seven digits. */
const mostUsers = 9_999_999;
/** These are left out of the load and post the checked samples. */
export const checkers = 64;

export const usage = `npm run bench -- [${groups.join('|')} …] [options]

npm run bench -- growth --help     boards of several sizes
npm run bench -- capacity --help   the machines that so many users need

  --rounds N        rounds of each workload and its baseline (5)
  --seconds N       of one round of one side (4)
  --connections N   (64)
  --users N         loaded before the first round, at least ${leastUsers} (1000000)
  --players N       of them post scores (20000)
  --backlog N       events in the queue before a drain (half of the users, 500000 at most)
`;

/** @throws {UsageError} */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  if (values.help) throw new UsageError(usage);
  const users = count('users', values.users, 1_000_000, leastUsers, mostUsers);
  return {
    groups: parseGroups(positionals),
    rounds: count('rounds', values.rounds, 5, 1, 1000),
    seconds: count('seconds', values.seconds, 4, 1, 3600),
    connections: count('connections', values.connections, 64, 1, 4096),
    users,
    players: Math.min(
      count('players', values.players, 20_000, leastUsers - checkers, mostUsers),
      users - checkers,
    ),
    backlog: count('backlog', values.backlog, Math.min(500_000, Math.floor(users / 2)), 1000, users),
  };
}

function parse(args: readonly string[]) {
  const option = { type: 'string' } as const;
  const options = {
    rounds: option,
    seconds: option,
    connections: option,
    users: option,
    players: option,
    backlog: option,
    help: { type: 'boolean' },
  } as const;
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}

function parseGroups(names: readonly string[]): readonly Group[] {
  const unknown = names.find((name) => !(groups as readonly string[]).includes(name));
  if (unknown !== undefined) throw new UsageError(`There is no workload "${unknown}".\n\n${usage}`);
  return names.length === 0 ? groups : groups.filter((group) => names.includes(group));
}

function count(
  name: string,
  text: string | undefined,
  byDefault: number,
  least: number,
  most: number,
): number {
  const value = text === undefined ? byDefault : Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`--${name} must be an integer from ${least} to ${most}, not ${text}.`);
}
