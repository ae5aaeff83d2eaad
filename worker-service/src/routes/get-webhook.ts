import { WebhookAnswer, WebhookParams } from '@leaderboard/shared/contracts/webhooks';
import type { RegisterRoute } from './route.js';

/** A webhook and how its deliveries go. */
export const getWebhook: RegisterRoute = (app, { webhooks, guard }) => {
  app.get(
    '/webhooks/:id',
    { onRequest: guard.admins, schema: { params: WebhookParams, response: { 200: WebhookAnswer } } },
    (request) => webhooks.get(request.params.id),
  );
};
