import type { BoardQuery } from '@leaderboard/shared/contracts/rankings';
import type { Caller } from '@leaderboard/shared/http/auth';
import { everyone } from '@leaderboard/shared/topology/regions';
import { answerWithout } from '../domain/partial-reads.js';
import type { RankingScope } from '../domain/rankings.js';
import { parseRegion } from '../domain/regions.js';
import { type ChosenStretch, chooseStretch } from '../domain/stretches.js';
import type { Services } from '../services.js';

/** What the ranking routes share: the board that a query names, and how it is named in the answer. */

export type NamedScope = RankingScope & Pick<ChosenStretch, 'period'>;

export async function scopeOf(
  services: Services,
  query: BoardQuery,
  caller: Caller | undefined,
): Promise<NamedScope> {
  const region = parseRegion(services.shards, query.region ?? everyone);
  const rules = await services.games.rulesOf(query.game);
  const window = query.window ?? 'all';
  const { stretch, period } = chooseStretch(rules, window, query.at, services.retainPeriods, Date.now());
  return {
    region,
    board: { game: rules.game, order: rules.order, stretch },
    period,
    ties: query.ties ?? 'unique',
    seesHidden: (userId) => caller?.role === 'admin' || caller?.user_id === userId,
  };
}

/** What is read in a scope, without the regions that are away when the query allows that. */
export function answerFor<Answer extends object>(
  scope: NamedScope,
  query: BoardQuery,
  read: (scope: RankingScope) => Promise<Answer>,
) {
  return answerWithout(query.partial === true, (without) => read({ ...scope, without }));
}

export function boardLabel(scope: NamedScope, query: BoardQuery) {
  return {
    region: scope.region,
    game: scope.board.game,
    window: query.window ?? 'all',
    ...periodLabel(scope),
  };
}

/** The borders of a calendar window's period. */
export function periodLabel({ period }: NamedScope) {
  if (!period) return {};
  return {
    starts_at: new Date(period.startsAtMs).toISOString(),
    ends_at: new Date(period.endsAtMs).toISOString(),
  };
}
