import { Game } from '@leaderboard/shared/contracts/fields';
import { UserParams } from '@leaderboard/shared/contracts/rankings';
import { Problem } from '@leaderboard/shared/http/problems';
import { Type } from 'typebox';
import type { RegisterRoute } from './route.js';

const DeleteScoreQuery = Type.Object({ game: Type.Optional(Game) }, { additionalProperties: false });

/** Removes one entry, for moderation. The account and the history stay. */
export const deleteScore: RegisterRoute = (app, { services, guard }) => {
  app.delete(
    '/score/:userId',
    { onRequest: guard.admins, schema: { params: UserParams, querystring: DeleteScoreQuery } },
    async (request, reply) => {
      const { userId } = request.params;
      const home = await services.accounts.homeOf(userId);
      if (home === undefined) throw new Problem('unknown_user', `There is no user "${userId}"`);
      await services.scores.remove({
        subject: { userId, region: home, name: undefined, newName: userId, limited: false },
        game: request.query.game,
        idempotencyKey: undefined,
        requestId: request.id,
      });
      return reply.code(204).send();
    },
  );
};
