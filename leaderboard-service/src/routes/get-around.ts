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
    (request) =>
      services.rankings.around(scopeOf(services, request.query), request.params.userId, request.query.range),
  );
};
