import { BoardQuery, RankAnswer, UserParams } from '@leaderboard/shared/contracts/rankings';
import { periodLabel, scopeOf } from './ranking-scope.js';
import type { RegisterRoute } from './route.js';

export const getRank: RegisterRoute = (app, { services, guard }) => {
  app.get(
    '/rank/:userId',
    {
      onRequest: guard.readers,
      schema: { params: UserParams, querystring: BoardQuery, response: { 200: RankAnswer } },
    },
    async (request) => {
      const scope = await scopeOf(services, request.query, request.caller);
      return { ...(await services.rankings.rank(scope, request.params.userId)), ...periodLabel(scope) };
    },
  );
};
