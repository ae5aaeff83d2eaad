import { type Static, Type } from 'typebox';
import { Game, gamePattern, Timestamp } from './fields.js';

const closed = { additionalProperties: false };

export const webhookKinds = ['score', 'new_leader', 'period_ended'] as const;
export type WebhookKind = (typeof webhookKinds)[number];

const WebhookId = Type.String({ pattern: gamePattern, description: 'A webhook, as its operator names it' });
export const WebhookParams = Type.Object({ id: WebhookId }, closed);

const Kinds = Type.Array(Type.Enum([...webhookKinds]), { minItems: 1, uniqueItems: true });
const Games = Type.Array(Game, { minItems: 1, maxItems: 100, uniqueItems: true });
const Secret = Type.String({
  pattern: '^whsec_[A-Za-z0-9+/]{32,86}={0,2}$',
  description: 'whsec_ and the base64 of 24–64 bytes',
  examples: ['whsec_bm90IGEgc2VjcmV0LCBidXQgMzIgYnl0ZXMgbG9uZyE='],
});

/** Replaces the webhook; its secret stays when none is given. */
export const PutWebhookBody = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      maxLength: 2000,
      pattern: '^https?://[^\\u0000-\\u0020]+$',
      examples: ['https://example.com/leaderboard'],
    }),
    games: Type.Optional(Games),
    kinds: Kinds,
    secret: Type.Optional(Secret),
  },
  closed,
);
export type PutWebhookBody = Static<typeof PutWebhookBody>;

const Count = Type.Integer({ minimum: 0 });
const webhook = {
  id: WebhookId,
  url: Type.String(),
  games: Type.Optional(Games),
  kinds: Kinds,
  created_at: Timestamp,
  updated_at: Timestamp,
  pending: Count,
  delivered: Count,
  failed: Type.Integer({ minimum: 0, description: 'Attempts that failed' }),
  dead: Type.Integer({ minimum: 0, description: 'Deliveries given up after the last attempt' }),
  dropped: Type.Integer({ minimum: 0, description: 'Deliveries not queued because too many were waiting' }),
  last_delivered_at: Type.Optional(Timestamp),
  last_error: Type.Optional(Type.String()),
  last_error_at: Type.Optional(Timestamp),
};
export const WebhookAnswer = Type.Object(webhook);
export type WebhookAnswer = Static<typeof WebhookAnswer>;

export const PutWebhookAnswer = Type.Object({
  ...webhook,
  secret: Type.Optional(Type.String({ description: 'The secret that was made, answered this once' })),
});
export type PutWebhookAnswer = Static<typeof PutWebhookAnswer>;

export const WebhooksAnswer = Type.Object({ webhooks: Type.Array(WebhookAnswer) });
