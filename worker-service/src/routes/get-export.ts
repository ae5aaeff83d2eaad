import { ExportAnswer } from '@leaderboard/shared/contracts/history';
import { UserParams } from '@leaderboard/shared/contracts/rankings';
import { callerOf } from '@leaderboard/shared/http/guards';
import type { RegisterRoute } from './route.js';

/** Everything that is kept of a user, for the user. */
export const getExport: RegisterRoute = (app, { history, guard }) => {
  app.get(
    '/users/:userId/export',
    { onRequest: guard.anyToken, schema: { params: UserParams, response: { 200: ExportAnswer } } },
    (request) => history.export(callerOf(request), request.params.userId),
  );
};
