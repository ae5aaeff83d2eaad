import { AroundAnswer, AroundQuery, UserParams } from '@leaderboard/shared/contracts/rankings';
import { answerFor, periodLabel, scopeOf } from './ranking-scope.js';
import type { RegisterRoute } from './route.js';

export const getAround: RegisterRoute = (app, { services, guard }) => {
  app.get(
    '/around/:userId',
    {
      onRequest: guard.readers,
      schema: { params: UserParams, querystring: AroundQuery, response: { 200: AroundAnswer } },
    },
    async (request) => {
      const { params, query } = request;
      const scope = await scopeOf(services, query, request.caller);
      return {
        ...periodLabel(scope),
        ...(await answerFor(scope, query, (read) =>
          services.rankings.around(read, params.userId, query.range),
        )),
      };
    },
  );
};
