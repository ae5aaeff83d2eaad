import { ScoreAtAnswer, ScoreAtQuery } from '@leaderboard/shared/contracts/rankings';
import { answerFor, boardLabel, scopeOf } from './ranking-scope.js';
import type { RegisterRoute } from './route.js';

/** The score that is needed to stand among the best so many percent. */
export const getScoreAt: RegisterRoute = (app, { services, guard }) => {
  app.get(
    '/score-at',
    { onRequest: guard.readers, schema: { querystring: ScoreAtQuery, response: { 200: ScoreAtAnswer } } },
    async (request) => {
      const { query } = request;
      const scope = await scopeOf(services, query, request.caller);
      return {
        ...boardLabel(scope, query),
        percentile: query.percentile,
        ...(await answerFor(scope, query, (read) => services.rankings.scoreAt(read, query.percentile))),
      };
    },
  );
};
