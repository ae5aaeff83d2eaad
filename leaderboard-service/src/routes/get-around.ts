import { AroundAnswer, AroundQuery, UserParams } from '@leaderboard/shared/contracts/rankings';
import { scopeOf } from './ranking-scope.js';
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
      return services.rankings.around(await scopeOf(services, query), params.userId, query.range);
    },
  );
};
