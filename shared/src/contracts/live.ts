import { type Static, Type } from 'typebox';
import { IdempotencyKey, UserId } from './fields.js';
import { BoardQuery } from './rankings.js';

const closed = { additionalProperties: false };
const { region, game, window, ties } = BoardQuery.properties;

/** What is watched: the query of `GET /live`, and a subscription over the WebSocket. */
export const LiveQuery = Type.Object(
  {
    region,
    game,
    window,
    ties,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 10 })),
    user_id: Type.Optional(UserId),
  },
  closed,
);
export type LiveQuery = Static<typeof LiveQuery>;

const ref = { ref: Type.Optional(Type.Unknown()) };

/** What a client may send over the WebSocket, by the property that says what it is. */
export const liveFrames = {
  subscribe: Type.Object({ subscribe: LiveQuery, ...ref }, closed),
  unsubscribe: Type.Object({ unsubscribe: LiveQuery, ...ref }, closed),
  auth: Type.Object({ auth: Type.String({ minLength: 1, maxLength: 8_192 }), ...ref }, closed),
  /** Whatever else stands beside these in `score` is part of the body of the HTTP call, which judges it. */
  score: Type.Object(
    {
      score: Type.Object({
        action: Type.Optional(Type.Enum(['score', 'add', 'update'])),
        idempotency_key: Type.Optional(IdempotencyKey),
      }),
      ...ref,
    },
    closed,
  ),
} as const;

export type LiveFrame = {
  [Kind in keyof typeof liveFrames]: { kind: Kind } & Static<(typeof liveFrames)[Kind]>;
}[keyof typeof liveFrames];
