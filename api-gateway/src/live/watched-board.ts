import type { LiveQuery } from '@leaderboard/shared/contracts/live';

/** What one poll asks for. Watchers whose queries mean the same share it. */
export interface WatchedBoard {
  readonly game: string;
  readonly region: string;
  readonly window: string;
  readonly limit: number;
  readonly ties: 'unique' | 'shared';
}

export function boardOf({ game, region, window, limit, ties }: LiveQuery): WatchedBoard {
  return {
    game: game ?? 'default',
    region: (region ?? 'GLOBAL').toUpperCase(),
    window: window ?? 'all',
    limit: limit ?? 10,
    ties: ties ?? 'unique',
  };
}

/** The same for all queries that mean the same board. */
export const keyOf = (board: WatchedBoard): string => topPath(board);

export const topPath = (board: WatchedBoard): string => `/top?${search(board)}&limit=${board.limit}`;

export const ranksPath = (board: WatchedBoard, userIds: readonly string[]): string =>
  `/ranks?${search(board)}&user_ids=${userIds.map(encodeURIComponent).join(',')}`;

export const aroundPath = (board: WatchedBoard, userId: string, range: number): string =>
  `/around/${encodeURIComponent(userId)}?${search(board)}&range=${range}`;

function search({ game, region, window, ties }: WatchedBoard): string {
  return `region=${region}&game=${encodeURIComponent(game)}&window=${window}&ties=${ties}`;
}
