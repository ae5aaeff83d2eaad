import { PutWebhookAnswer, PutWebhookBody, WebhookParams } from '@leaderboard/shared/contracts/webhooks';
import { actOf } from '@leaderboard/shared/http/guards';
import type { RegisterRoute } from './route.js';

/** Makes a webhook, or replaces it. */
export const putWebhook: RegisterRoute = (app, { webhooks, guard }) => {
  app.put(
    '/webhooks/:id',
    {
      onRequest: guard.admins,
      schema: { params: WebhookParams, body: PutWebhookBody, response: { 200: PutWebhookAnswer } },
    },
    (request) => webhooks.put(request.params.id, request.body, actOf(request)),
  );
};
