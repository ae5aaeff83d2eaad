import type { Row } from '@leaderboard/shared/contracts/rankings';

/** What happened to a row since the snapshot before: places gained (negative: lost), or new to the rows shown. */
export type Movement = number | 'new';

/**
 * @param before the ranks of the snapshot before; undefined for the first of a board, on which nobody has moved
 * @returns those that moved, by user_id
 */
export function movements(
  before: ReadonlyMap<string, number> | undefined,
  rows: readonly Pick<Row, 'user_id' | 'rank'>[],
): Map<string, Movement> {
  const moved = new Map<string, Movement>();
  if (!before) return moved;
  for (const { user_id, rank } of rows) {
    const rankBefore = before.get(user_id);
    if (rankBefore === undefined) moved.set(user_id, 'new');
    else if (rankBefore !== rank) moved.set(user_id, rankBefore - rank);
  }
  return moved;
}
