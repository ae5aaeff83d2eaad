import { HistoryAnswer, HistoryQuery } from '@leaderboard/shared/contracts/history';
import { UserParams } from '@leaderboard/shared/contracts/rankings';
import { callerOf } from '@leaderboard/shared/http/guards';
import type { RegisterRoute } from './route.js';

/** A user's accepted events, newest first, as soon as they are committed. */
export const getHistory: RegisterRoute = (app, { history, guard }) => {
  app.get(
    '/users/:userId/history',
    {
      onRequest: guard.anyToken,
      schema: { params: UserParams, querystring: HistoryQuery, response: { 200: HistoryAnswer } },
    },
    (request) => history.page(callerOf(request), request.params.userId, request.query),
  );
};
