import { Game } from '@leaderboard/shared/contracts/fields';
import { UserParams } from '@leaderboard/shared/contracts/rankings';
import { actOf } from '@leaderboard/shared/http/guards';
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
      const { region } = await services.accounts.get(userId);
      await services.scores.remove({
        subject: {
          userId,
          region,
          name: undefined,
          newName: userId,
          limited: false,
          accountVersion: undefined,
        },
        game: request.query.game,
        idempotencyKey: undefined,
        ...actOf(request),
      });
      return reply.code(204).send();
    },
  );
};
