import { parseArgs } from 'node:util';
import { UsageError } from '../options.js';

export interface GrowthOptions {
  /** Of the boards in one shard, smallest first. */
  readonly sizes: readonly number[];
  /** Users of the boards that are split over shards. */
  readonly mergedUsers: number;
  readonly rounds: number;
  /** Of one round of one kind of request on one board. */
  readonly seconds: number;
}

export const mergedShards: readonly number[] = [1, 4, 16, 64];
/** Partitions whose throughput of writes is compared. */
export const writtenPartitions: readonly number[] = [1, 2, 4];

/** There are as many such boards as numbers of shards. */
const mostMergedUsers = 100_000;
const allSizes = [10_000, 100_000, 1_000_000, 10_000_000];

const usage = `npm run bench -- growth [options]

  --users N     of the largest board, from ${allSizes[0]} to ${allSizes.at(-1)} (1000000)
  --full        the same as --users 10000000: takes about 6 GB of memory
  --rounds N    (3)
  --seconds N   of one round of one kind of request on one board (1)
`;

/** @throws {UsageError} */
export function parseGrowthOptions(args: readonly string[]): GrowthOptions {
  const { values } = parse(args);
  if (values.help) throw new UsageError(usage);
  const most = values.full ? Number(allSizes.at(-1)) : count('users', values.users, 1_000_000);
  const [least = 0] = allSizes;
  if (most < least || most > Number(allSizes.at(-1)))
    throw new UsageError(`--users is out of range.\n\n${usage}`);
  return {
    sizes: [...allSizes.filter((size) => size < most), most],
    mergedUsers: Math.min(most, mostMergedUsers),
    rounds: count('rounds', values.rounds, 3),
    seconds: count('seconds', values.seconds, 1),
  };
}

function parse(args: readonly string[]) {
  const option = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { users: option, rounds: option, seconds: option, full: flag, help: flag };
  try {
    return parseArgs({ args: [...args], options });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}

function count(name: string, text: string | undefined, byDefault: number): number {
  const value = text === undefined ? byDefault : Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new UsageError(`--${name} must be a positive integer, not ${text}.`);
}
