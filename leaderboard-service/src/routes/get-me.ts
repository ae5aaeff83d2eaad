import { MeAnswer } from '@leaderboard/shared/contracts/accounts';
import { callerOf } from '@leaderboard/shared/http/guards';
import type { RegisterRoute } from './route.js';

export const getMe: RegisterRoute = (app, { services, guard }) => {
  app.get('/auth/me', { onRequest: guard.anyToken, schema: { response: { 200: MeAnswer } } }, (request) =>
    services.accounts.profile(callerOf(request)),
  );
};
