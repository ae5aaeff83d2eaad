import { GameAnswer, GameParams, PutGameBody } from '@leaderboard/shared/contracts/games';
import { actOf } from '@leaderboard/shared/http/guards';
import type { RegisterRoute } from './route.js';

/** Makes a game, or replaces its definition. */
export const putGame: RegisterRoute = (app, { services, guard }) => {
  app.put(
    '/games/:game',
    {
      onRequest: guard.admins,
      schema: { params: GameParams, body: PutGameBody, response: { 200: GameAnswer } },
    },
    (request) => services.catalogue.put(request.params.game, request.body, actOf(request)),
  );
};
