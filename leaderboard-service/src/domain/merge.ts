import { comparePlaces } from '@leaderboard/shared/scoring/place';
import type { Entry, ShardSlices } from '../store/board-reader.js';

/** What all shards of a read say about one place, put together. */
export interface MergedSlice {
  readonly total: number;
  readonly before: number;
  /** In board order. */
  readonly entries: Entry[];
}

/** Merges the answers of several shards, request by request. Exact: places are comparable across shards. */
export function mergeSlices(shards: readonly ShardSlices[]): MergedSlice[] {
  const [first] = shards;
  if (!first) return [];
  const total = sum(shards.map((shard) => shard.total));
  return first.slices.map((_, at) => {
    const slices = shards.flatMap((shard) => shard.slices[at] ?? []);
    const entries = slices.flatMap((slice) => slice.entries);
    if (slices.length > 1) entries.sort((a, b) => comparePlaces(a.place, b.place));
    return { total, before: sum(slices.map((slice) => slice.before)), entries };
  });
}

/**
 * Ranks for neighbouring entries in board order: `1, 2, 3, 4`, or with shared ties `1, 2, 2, 4`.
 * @param firstUnique the place in line of the first entry
 * @param firstShared the same, or less when entries before the first share its score
 */
export function assignRanks(
  entries: readonly Entry[],
  firstUnique: number,
  firstShared: number | undefined,
): number[] {
  if (firstShared === undefined) return entries.map((_, at) => firstUnique + at);
  let shared = firstShared;
  return entries.map((entry, at) => {
    if (at > 0 && entry.score !== entries[at - 1]?.score) shared = firstUnique + at;
    return shared;
  });
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
