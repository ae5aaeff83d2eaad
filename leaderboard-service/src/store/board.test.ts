import { expect, it } from 'vitest';
import { type Board, eachBoard } from './board.js';

const chess: Board = { game: 'chess', order: 'desc' };
const chessToday: Board = { ...chess, stretch: { kind: 'period', name: '2026-01-31' } };
const golf: Board = { game: 'golf', order: 'asc' };

it('asks each board once for all that is wanted of it, and answers in order', async () => {
  const asked: [Board, number][] = [];
  const boards = [chess, golf, { ...chess }, chessToday, golf];
  const results = await eachBoard(
    boards.map((board, at) => ({ board, at })),
    async (board, items) => {
      asked.push([board, items.length]);
      return items.map(({ at }) => `${board.game} ${board.stretch?.name ?? 'all'} ${at}`);
    },
  );
  expect(asked).toEqual([
    [chess, 2],
    [golf, 2],
    [chessToday, 1],
  ]);
  expect(results).toEqual(['chess all 0', 'golf all 1', 'chess all 2', 'chess 2026-01-31 3', 'golf all 4']);
});
