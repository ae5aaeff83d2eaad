import { WebhookParams } from '@leaderboard/shared/contracts/webhooks';
import { actOf } from '@leaderboard/shared/http/guards';
import type { RegisterRoute } from './route.js';

/** Removes a webhook, and what it still had to be told. */
export const deleteWebhook: RegisterRoute = (app, { webhooks, guard }) => {
  app.delete(
    '/webhooks/:id',
    { onRequest: guard.admins, schema: { params: WebhookParams } },
    async (request, reply) => {
      await webhooks.delete(request.params.id, actOf(request));
      return reply.code(204).send();
    },
  );
};
