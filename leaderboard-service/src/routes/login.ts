import { LoginAnswer, LoginBody } from '@leaderboard/shared/contracts/accounts';
import type { RegisterRoute } from './route.js';

export const login: RegisterRoute = (app, { services, auth, guard }) => {
  app.post(
    '/auth/login',
    { onRequest: guard.anyone, schema: { body: LoginBody, response: { 200: LoginAnswer } } },
    async (request) => {
      const player = await services.accounts.login(request.body.user_id, request.body.password);
      return { token: auth.sign({ ...player, role: 'player' }), user: player };
    },
  );
};
