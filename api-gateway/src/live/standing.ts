import type { Row } from '@leaderboard/shared/contracts/rankings';
import { percentileOf } from '@leaderboard/shared/scoring/percentile';
import type { Snapshot } from './snapshot.js';

/** A user's row, and among how many; undefined while it has none. */
export type Standing = { readonly row: Row; readonly total: number } | undefined;

/** What was known of a user when it was looked at. */
export interface Sighting {
  readonly standing: Standing;
  /** The board at that time. */
  readonly rows: readonly Row[];
  /** Of `Date.now()`, before it was read. */
  readonly atMs: number;
}

/** How many of those who went past are named at most: those nearest to the user. */
export const namedPassers = 3;

export function selfData(userId: string, standing: Standing): string {
  if (!standing) return JSON.stringify({ user_id: userId, rank: null });
  const { row, total } = standing;
  const { rank, score } = row;
  return JSON.stringify({ user_id: userId, rank, score, total, percentile: percentileOf(rank, total) });
}

/** Whether others went past: the user's own score is as it was, and its rank got worse. */
export function wasPassed(before: Standing, now: Standing): before is NonNullable<Standing> {
  return (
    before !== undefined &&
    now !== undefined &&
    before.row.score === now.row.score &&
    before.row.updated_at === now.row.updated_at &&
    now.row.rank > before.row.rank
  );
}

/** The rows right before a user who is in the snapshot, else undefined. */
export function rowsBefore({ rows }: Pick<Snapshot, 'rows'>, userId: string): readonly Row[] | undefined {
  const at = rows.findIndex((row) => row.user_id === userId);
  return at < 0 ? undefined : rows.slice(Math.max(0, at - namedPassers), at);
}

/**
 * Who of the rows that stand before the user now did not at the sighting. Was the user among its rows, they say it
 * exactly; else, who reached the score before the sighting stood there already.
 */
export function passersAmong(before: readonly Row[], userId: string, sighting: Sighting): Row[] {
  const at = sighting.rows.findIndex((row) => row.user_id === userId);
  const ahead = new Set((at < 0 ? sighting.rows : sighting.rows.slice(0, at)).map((row) => row.user_id));
  return before.filter(
    (row) => !ahead.has(row.user_id) && (at >= 0 || Date.parse(row.updated_at) >= sighting.atMs),
  );
}

export function passedData(userId: string, previousRank: number, rank: number, by: readonly Row[]): string {
  return JSON.stringify({
    user_id: userId,
    rank,
    previous_rank: previousRank,
    by: by.map((row) => ({ user_id: row.user_id, name: row.name, rank: row.rank })),
  });
}
