import { WebhooksAnswer } from '@leaderboard/shared/contracts/webhooks';
import type { RegisterRoute } from './route.js';

export const getWebhooks: RegisterRoute = (app, { webhooks, guard }) => {
  app.get(
    '/webhooks',
    { onRequest: guard.admins, schema: { response: { 200: WebhooksAnswer } } },
    async () => ({ webhooks: await webhooks.list() }),
  );
};
