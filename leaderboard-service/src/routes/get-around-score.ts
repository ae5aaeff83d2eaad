import { AroundScoreAnswer, AroundScoreQuery } from '@leaderboard/shared/contracts/rankings';
import { answerFor, boardLabel, scopeOf } from './ranking-scope.js';
import type { RegisterRoute } from './route.js';

/** Where a score would stand that nobody has reached yet, and who stands around it. */
export const getAroundScore: RegisterRoute = (app, { services, guard }) => {
  app.get(
    '/around-score',
    {
      onRequest: guard.readers,
      schema: { querystring: AroundScoreQuery, response: { 200: AroundScoreAnswer } },
    },
    async (request) => {
      const { query } = request;
      const scope = await scopeOf(services, query, request.caller);
      return {
        ...boardLabel(scope, query),
        score: query.score,
        ...(await answerFor(scope, query, (read) =>
          services.rankings.aroundScore(read, query.score, query.range),
        )),
      };
    },
  );
};
