import { GamesAnswer, GamesQuery } from '@leaderboard/shared/contracts/games';
import type { RegisterRoute } from './route.js';

/** All games in the order of their names, page by page. */
export const getGames: RegisterRoute = (app, { services, guard }) => {
  app.get(
    '/games',
    { onRequest: guard.readers, schema: { querystring: GamesQuery, response: { 200: GamesAnswer } } },
    (request) => services.catalogue.list(request.query.limit, request.query.cursor),
  );
};
