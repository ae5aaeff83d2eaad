import {
  PutWebhookAnswer,
  PutWebhookBody,
  WebhookAnswer,
  WebhookParams,
  WebhooksAnswer,
} from '../../contracts/webhooks.js';
import type { OperationGroup } from '../operation.js';

export const webhooks: OperationGroup = {
  name: 'Webhooks',
  description: 'The platform tells a URL of yours of scores, new leaders and ended periods: docs/events.md.',
  operations: [
    {
      route: 'GET /webhooks',
      id: 'getWebhooks',
      summary: 'List the webhooks',
      token: 'admin',
      servedBy: 'worker',
      schema: { response: { 200: WebhooksAnswer } },
    },
    {
      route: 'GET /webhooks/:id',
      id: 'getWebhook',
      summary: 'Read a webhook and how its deliveries go',
      token: 'admin',
      problems: ['not_found'],
      servedBy: 'worker',
      schema: { params: WebhookParams, response: { 200: WebhookAnswer } },
    },
    {
      route: 'PUT /webhooks/:id',
      id: 'putWebhook',
      summary: 'Make a webhook, or replace it',
      description:
        'It is told of what is committed after the answer. Without a `secret` one is made and answered this once, or kept.',
      token: 'admin',
      servedBy: 'worker',
      schema: { params: WebhookParams, body: PutWebhookBody, response: { 200: PutWebhookAnswer } },
    },
    {
      route: 'DELETE /webhooks/:id',
      id: 'deleteWebhook',
      summary: 'Remove a webhook, and what it still had to be told',
      token: 'admin',
      problems: ['not_found'],
      servedBy: 'worker',
      schema: { params: WebhookParams },
    },
  ],
};
