import { AddScoreBody, WriteAnswer } from '@leaderboard/shared/contracts/scores';
import type { RegisterRoute } from './route.js';
import { applyScore, WriteHeaders } from './write-request.js';

/** Adds to a score, atomically; a user without one starts at 0. */
export const addScore: RegisterRoute = (app, { services, guard }) => {
  app.post(
    '/score/add',
    {
      onRequest: guard.anyToken,
      schema: { headers: WriteHeaders, body: AddScoreBody, response: { 200: WriteAnswer } },
    },
    async (request, reply) => {
      const change = { action: 'add', value: request.body.delta } as const;
      return (await applyScore(services, request, reply, request.body, change)).answer;
    },
  );
};
