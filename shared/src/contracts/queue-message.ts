import { type Static, Type } from 'typebox';
import Schema from 'typebox/schema';
import { rulesPattern } from '../scoring/rules.js';
import { Game, Name, Region, Score, UserId } from './fields.js';
import { GameDefinition } from './games.js';

/**
 * What stands in `queue:scores:{shard}`, as JSON. Written by the Lua scripts (shared/lua), read by the
 * worker: this schema is the one agreement between them.
 *
 * `version` is µs of Redis time, strictly increasing within a shard: it orders delivery, so the worker may
 * apply messages twice or in any order and the highest version stands.
 */

/** What nobody of ours writes is not stored: a deeply nested extra would stop Postgres' parser. */
const closed = { additionalProperties: false };

const Microseconds = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const EventId = Type.String({ minLength: 1, maxLength: 128, pattern: '^[^\\u0000\\p{Cs}]*$' });

const RequestId = Type.Optional(Type.String({ maxLength: 128, pattern: '^\\P{Cs}*$' }));
const Actor = Type.Optional(UserId);
/** W3C; of a request that belongs to a trace. */
const Traceparent = Type.Optional(Type.String({ maxLength: 55 }));

/** A change of one user's entry in one game. */
export const ScoreMessage = Type.Object(
  {
    event_id: EventId,
    version: Microseconds,
    game: Game,
    user_id: UserId,
    name: Name,
    region: Region,
    op: Type.Union([
      Type.Literal('best'),
      Type.Literal('set'),
      Type.Literal('incr'),
      Type.Literal('create'),
      Type.Literal('remove'),
    ]),
    /** What was asked for: the new score, or the delta of `incr`; null for `remove`. */
    value: Type.Union([Score, Type.Null()]),
    /** The entry's score after this event; null when the event removed it. */
    score: Type.Union([Score, Type.Null()]),
    /** When that score was reached, µs. */
    achieved_at: Microseconds,
    /** When the event happened, ms. */
    timestamp: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    /** `operator:order`, in the first message of a game in its shard: what the shard's scores stand under. */
    rules: Type.Optional(Type.String({ pattern: rulesPattern })),
    request_id: RequestId,
    traceparent: Traceparent,
    /** The admin who asked for a removal. */
    actor: Actor,
    /** Of a keyed write: hash of the request, previous score and rank, `null` for none: what answers a retry after Redis was lost. */
    retry: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]+ (null|-?[0-9]+) (null|[0-9]+)$' })),
    /** What `retry` was before version 0006 of the tables; a queue may still have some. */
    idempotency: Type.Optional(Type.Unknown()),
  },
  closed,
);
export type ScoreMessage = Static<typeof ScoreMessage>;

/** A new or removed account, or the claim of a home region by a user without one. */
export const AccountMessage = Type.Object(
  {
    event_id: EventId,
    version: Microseconds,
    user_id: UserId,
    name: Name,
    region: Region,
    op: Type.Union([Type.Literal('account'), Type.Literal('account-removed')]),
    /** bcrypt; null for a user whom a game server created. */
    password_hash: Type.Union([Type.String(), Type.Null()]),
    timestamp: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  },
  closed,
);
export type AccountMessage = Static<typeof AccountMessage>;

/** A new game, or a changed one. */
export const GameMessage = Type.Object({
  event_id: EventId,
  version: Microseconds,
  game: Game,
  op: Type.Literal('game'),
  /** Complete, or as games were kept before they had windows. */
  definition: Type.Object({
    ...GameDefinition.properties,
    ...Type.Partial(Type.Pick(GameDefinition, ['windows', 'timezone', 'overall'])).properties,
  }),
  timestamp: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  actor: Actor,
  request_id: RequestId,
});
export type GameMessage = Static<typeof GameMessage>;

const ofUser = {
  event_id: EventId,
  version: Microseconds,
  user_id: UserId,
  region: Region,
  timestamp: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  actor: Actor,
  request_id: RequestId,
};

/** A user was taken off the boards, or put back. */
export const HiddenMessage = Type.Object(
  { ...ofUser, op: Type.Literal('hidden'), hidden: Type.Boolean() },
  closed,
);
export type HiddenMessage = Static<typeof HiddenMessage>;

/** A user's scores were erased; nothing of the user with a lower version is to be kept. */
export const EraseMessage = Type.Object(
  { ...ofUser, op: Type.Literal('erase'), account_version: Microseconds },
  closed,
);
export type EraseMessage = Static<typeof EraseMessage>;

export const QueueMessage = Type.Union([
  ScoreMessage,
  AccountMessage,
  GameMessage,
  HiddenMessage,
  EraseMessage,
]);
export type QueueMessage = ScoreMessage | AccountMessage | GameMessage | HiddenMessage | EraseMessage;

const validator = Schema.Compile(QueueMessage);

/** The message, or the reason why this item can never be one. */
export function parseQueueMessage(item: string): { message: QueueMessage } | { reason: string } {
  let value: unknown;
  try {
    value = JSON.parse(item);
  } catch {
    return { reason: 'not JSON' };
  }
  return validator.Check(value) ? { message: value as QueueMessage } : { reason: 'not a queue message' };
}

export const isAccountMessage = (message: QueueMessage): message is AccountMessage =>
  message.op === 'account' || message.op === 'account-removed';

export const isGameMessage = (message: QueueMessage): message is GameMessage => message.op === 'game';

export const isHiddenMessage = (message: QueueMessage): message is HiddenMessage => message.op === 'hidden';

export const isEraseMessage = (message: QueueMessage): message is EraseMessage => message.op === 'erase';

export const isScoreMessage = (message: QueueMessage): message is ScoreMessage =>
  'score' in message && 'achieved_at' in message;
