import { CreateAnswer, CreateScoreBody } from '@leaderboard/shared/contracts/scores';
import type { RegisterRoute } from './route.js';
import { applyScore, WriteHeaders } from './write-request.js';

/** Makes an entry where there is none, and never resets one: 201, or 200 with the entry as it is. */
export const createScore: RegisterRoute = (app, { services, guard }) => {
  app.post(
    '/score/create',
    {
      onRequest: guard.anyToken,
      schema: {
        headers: WriteHeaders,
        body: CreateScoreBody,
        response: { 200: CreateAnswer, 201: CreateAnswer },
      },
    },
    async (request, reply) => {
      const change = { action: 'create', value: request.body.initialScore ?? 0 } as const;
      const { answer, created } = await applyScore(services, request, reply, request.body, change);
      return reply.code(created ? 201 : 200).send({ ...answer, created });
    },
  );
};
