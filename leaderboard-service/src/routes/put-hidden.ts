import { HiddenAnswer, HiddenBody } from '@leaderboard/shared/contracts/accounts';
import { UserParams } from '@leaderboard/shared/contracts/rankings';
import { actOf } from '@leaderboard/shared/http/guards';
import type { RegisterRoute } from './route.js';

/** Hides a user from all boards, or shows it again. Hidden users play on, and see themselves where they would stand. */
export const putHidden: RegisterRoute = (app, { services, guard }) => {
  app.put(
    '/users/:userId/hidden',
    {
      onRequest: guard.admins,
      schema: { params: UserParams, body: HiddenBody, response: { 200: HiddenAnswer } },
    },
    async (request) => {
      const { userId } = request.params;
      const { hidden } = request.body;
      await services.users.hide(await services.accounts.get(userId), hidden, actOf(request));
      return { user_id: userId, hidden };
    },
  );
};
