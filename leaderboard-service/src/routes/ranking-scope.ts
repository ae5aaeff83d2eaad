import type { BoardQuery } from '@leaderboard/shared/contracts/rankings';
import { everyone } from '@leaderboard/shared/topology/regions';
import type { RankingScope } from '../domain/rankings.js';
import { parseRegion } from '../domain/regions.js';
import type { Services } from '../services.js';

/** What the ranking routes share: the board that a query names, and how it is named in the answer. */

export async function scopeOf(services: Services, query: BoardQuery): Promise<RankingScope> {
  const region = parseRegion(services.shards, query.region ?? everyone);
  return {
    region,
    board: await services.games.rulesOf(query.game),
    ties: query.ties ?? 'unique',
  };
}

export function boardLabel(scope: RankingScope, query: BoardQuery) {
  return { region: scope.region, game: scope.board.game, window: query.window ?? 'all' };
}
