import { type Static, Type } from 'typebox';
import { Game, Name, Region, Score, Timestamp, UserId } from './fields.js';

const closed = { additionalProperties: false };

export const HistoryQuery = Type.Object(
  {
    game: Type.Optional(Game),
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  },
  closed,
);
export type HistoryQuery = Static<typeof HistoryQuery>;

/** An accepted event as it was stored. */
export const HistoryEvent = Type.Object({
  event_id: Type.String({ description: 'The Idempotency-Key of the write, else a UUID' }),
  version: Type.Integer({ description: 'µs at which the event was accepted; rises for each user' }),
  game: Game,
  op: Type.String({ description: 'best, set, incr, create or remove' }),
  value: Type.Union([Score, Type.Null()], { description: 'What was asked for' }),
  score: Type.Union([Score, Type.Null()], { description: 'What the entry had afterwards; null = removed' }),
  timestamp: Timestamp,
  accepted_at: Timestamp,
  request_id: Type.Optional(Type.String()),
});
export type HistoryEvent = Static<typeof HistoryEvent>;

/** Newest first. */
const page = { events: Type.Array(HistoryEvent), next_cursor: Type.Optional(Type.String()) };

export const HistoryAnswer = Type.Object({ user_id: UserId, region: Region, ...page });
export type HistoryAnswer = Static<typeof HistoryAnswer>;

export const ExportAnswer = Type.Object({
  exported_at: Timestamp,
  account: Type.Object({
    user_id: UserId,
    name: Name,
    region: Region,
    created_at: Type.Optional(Timestamp),
  }),
  entries: Type.Array(
    Type.Object({ game: Game, score: Score, achieved_at: Timestamp, updated_at: Timestamp }),
  ),
  history: Type.Object(page),
});
export type ExportAnswer = Static<typeof ExportAnswer>;
