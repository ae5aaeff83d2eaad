import { UpdateScoreBody, WriteAnswer } from '@leaderboard/shared/contracts/scores';
import type { RegisterRoute } from './route.js';
import { applyScore, WriteHeaders } from './write-request.js';

/** Sets a score, up or down, whatever the game's operator. */
export const updateScore: RegisterRoute = (app, { services, guard }) => {
  app.post(
    '/score/update',
    {
      onRequest: guard.anyToken,
      schema: { headers: WriteHeaders, body: UpdateScoreBody, response: { 200: WriteAnswer } },
    },
    async (request, reply) => {
      const change = { action: 'set', value: request.body.score } as const;
      return (await applyScore(services, request, reply, request.body, change)).answer;
    },
  );
};
