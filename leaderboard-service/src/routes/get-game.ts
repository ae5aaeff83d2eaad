import { GameAnswer, GameParams } from '@leaderboard/shared/contracts/games';
import type { RegisterRoute } from './route.js';

export const getGame: RegisterRoute = (app, { services, guard }) => {
  app.get(
    '/games/:game',
    { onRequest: guard.readers, schema: { params: GameParams, response: { 200: GameAnswer } } },
    (request) => services.catalogue.get(request.params.game),
  );
};
