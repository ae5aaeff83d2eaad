import { RegisterAnswer, RegisterBody } from '@leaderboard/shared/contracts/accounts';
import type { RegisterRoute } from './route.js';

export const registerAccount: RegisterRoute = (app, { services, auth, guard }) => {
  app.post(
    '/auth/register',
    { onRequest: guard.anyone, schema: { body: RegisterBody, response: { 201: RegisterAnswer } } },
    async (request, reply) => {
      if (request.body.initialScore !== undefined) services.subjects.refusePlayerWrites(request.caller);
      const { player, generatedPassword } = await services.accounts.register(request.body, request.id);
      const token = auth.sign({ ...player, role: 'player' });
      return reply.code(201).send({
        token,
        user: player,
        ...(generatedPassword !== undefined && { password: generatedPassword }),
      });
    },
  );
};
