import { RanksAnswer, RanksQuery } from '@leaderboard/shared/contracts/rankings';
import { answerFor, boardLabel, scopeOf } from './ranking-scope.js';
import type { RegisterRoute } from './route.js';

/** The ranks of a list of users, such as somebody's friends. */
export const getRanks: RegisterRoute = (app, { services, guard }) => {
  app.get(
    '/ranks',
    { onRequest: guard.readers, schema: { querystring: RanksQuery, response: { 200: RanksAnswer } } },
    async (request) => {
      const { query } = request;
      const scope = await scopeOf(services, query, request.caller);
      return {
        ...boardLabel(scope, query),
        ...(await answerFor(scope, query, (read) =>
          services.rankings.ranks(read, query.user_ids.split(',')),
        )),
      };
    },
  );
};
