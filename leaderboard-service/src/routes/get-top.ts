import { TopAnswer, TopQuery } from '@leaderboard/shared/contracts/rankings';
import { answerFor, boardLabel, scopeOf } from './ranking-scope.js';
import type { RegisterRoute } from './route.js';

export const getTop: RegisterRoute = (app, { services, guard }) => {
  app.get(
    '/top',
    { onRequest: guard.readers, schema: { querystring: TopQuery, response: { 200: TopAnswer } } },
    async (request) => {
      const { query } = request;
      const scope = await scopeOf(services, query, request.caller);
      return {
        ...boardLabel(scope, query),
        ...(await answerFor(scope, query, (read) => services.rankings.top(read, query.limit, query.cursor))),
      };
    },
  );
};
