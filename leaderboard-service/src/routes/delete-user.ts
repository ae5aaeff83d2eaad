import { UserParams } from '@leaderboard/shared/contracts/rankings';
import { callerOf } from '@leaderboard/shared/http/guards';
import type { RegisterRoute } from './route.js';

/** Erases a user: account, scores, boards and history. The id is free afterwards. */
export const deleteUser: RegisterRoute = (app, { services, guard }) => {
  app.delete(
    '/users/:userId',
    { onRequest: guard.anyToken, schema: { params: UserParams } },
    async (request, reply) => {
      await services.accounts.erase(callerOf(request), request.params.userId, request.id);
      return reply.code(204).send();
    },
  );
};
