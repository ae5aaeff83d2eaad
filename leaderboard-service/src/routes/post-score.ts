import { PostScoreBody, WriteAnswer } from '@leaderboard/shared/contracts/scores';
import type { RegisterRoute } from './route.js';
import { applyScore, WriteHeaders } from './write-request.js';

/** Applies the game's operator: keeps the best, sets, or adds. */
export const postScore: RegisterRoute = (app, { services, guard }) => {
  app.post(
    '/score',
    {
      onRequest: guard.anyToken,
      schema: { headers: WriteHeaders, body: PostScoreBody, response: { 200: WriteAnswer } },
    },
    async (request, reply) => {
      const change = { action: 'score', value: request.body.score } as const;
      return (await applyScore(services, request, reply, request.body, change)).answer;
    },
  );
};
