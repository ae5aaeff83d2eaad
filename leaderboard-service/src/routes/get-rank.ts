import { BoardQuery, RankAnswer, UserParams } from '@leaderboard/shared/contracts/rankings';
import { answerFor, periodLabel, scopeOf } from './ranking-scope.js';
import type { RegisterRoute } from './route.js';

export const getRank: RegisterRoute = (app, { services, guard }) => {
  app.get(
    '/rank/:userId',
    {
      onRequest: guard.readers,
      schema: { params: UserParams, querystring: BoardQuery, response: { 200: RankAnswer } },
    },
    async (request) => {
      const { params, query } = request;
      const scope = await scopeOf(services, query, request.caller);
      const answer = await answerFor(scope, query, (read) => services.rankings.rank(read, params.userId));
      return { ...answer, ...periodLabel(scope) };
    },
  );
};
