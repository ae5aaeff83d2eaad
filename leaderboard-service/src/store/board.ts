import type { Order } from '@leaderboard/shared/scoring/place';

/** What a board of a window covers: a rolling window, or a period of a calendar window, by name. */
export interface Stretch {
  readonly kind: 'rolling' | 'period';
  readonly name: string;
}

/** One board: a game with its order, of all time or of a stretch of it. */
export interface Board {
  readonly game: string;
  readonly order: Order;
  readonly stretch?: Stretch | undefined;
}

/**
 * Runs what is wanted of several boards, all of one board together.
 * @param run answers one result for each item, in order
 * @returns the results in the order of the items
 */
export async function eachBoard<Item extends { readonly board: Board }, Result>(
  items: readonly Item[],
  run: (board: Board, items: readonly Item[]) => Promise<Result[]>,
): Promise<Result[]> {
  const groups = new Map<string, { board: Board; items: Item[]; positions: number[] }>();
  for (const [position, item] of items.entries()) {
    const { game, order, stretch } = item.board;
    const name = `${order} ${stretch?.kind} ${stretch?.name} ${game}`;
    let group = groups.get(name);
    if (!group) {
      group = { board: item.board, items: [], positions: [] };
      groups.set(name, group);
    }
    group.items.push(item);
    group.positions.push(position);
  }
  const results: Result[] = [];
  await Promise.all(
    [...groups.values()].map(async ({ board, items: these, positions }) => {
      for (const [at, result] of (await run(board, these)).entries())
        results[positions[at] as number] = result;
    }),
  );
  return results;
}
