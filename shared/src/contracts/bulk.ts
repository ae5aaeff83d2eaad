import { type Static, Type } from 'typebox';
import Schema from 'typebox/schema';
import { Game, IdempotencyKey, Name, Region, Score, UserId } from './fields.js';
import { WriteAnswer } from './scores.js';

/** One event of `POST /scores`: a score for the game's operator, or a delta to add. */
export const BulkEvent = Type.Object(
  {
    user_id: UserId,
    score: Type.Optional(Score),
    delta: Type.Optional(Score),
    region: Type.Optional(Region),
    game: Type.Optional(Game),
    name: Type.Optional(Name),
    event_id: Type.Optional(IdempotencyKey),
    timestamp: Type.Optional(
      Type.String({
        pattern:
          '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$',
        description:
          'When it happened, ISO 8601; at most MAX_LATENESS ago. Windows and periods count it there.',
        examples: ['2026-01-31T12:00:00.000Z'],
      }),
    ),
  },
  { additionalProperties: false },
);
export type BulkEvent = Static<typeof BulkEvent>;

export const bulkMaxEvents = 1000;
export const bulkLimitBytes = 1024 * 1024;

/** Events are checked one by one, so that a bad one does not sink its neighbours. */
export const BulkBody = Type.Object(
  { events: Type.Array(Type.Unknown(), { minItems: 1, maxItems: bulkMaxEvents }) },
  { additionalProperties: false },
);
export type BulkBody = Static<typeof BulkBody>;

const bodyValidator = Schema.Compile(BulkBody);
export const isBulkBody = (value: unknown): value is BulkBody => bodyValidator.Check(value);

export const BulkResult = Type.Union([
  Type.Object({ ok: Type.Literal(true), ...WriteAnswer.properties, replayed: Type.Optional(Type.Boolean()) }),
  Type.Object({ ok: Type.Literal(false), code: Type.String(), detail: Type.String() }),
]);
export type BulkResult = Static<typeof BulkResult>;

export const BulkAnswer = Type.Object({ results: Type.Array(BulkResult) });

const validator = Schema.Compile(BulkEvent);

/** The event, or what is wrong with it. */
export function parseBulkEvent(value: unknown): BulkEvent | { reason: string } {
  if (!validator.Check(value)) {
    const [, errors] = validator.Errors(value);
    const [error] = errors;
    return { reason: `${error?.instancePath || 'the event'} ${error?.message ?? 'is not valid'}` };
  }
  const event = value as BulkEvent;
  if ((event.score === undefined) === (event.delta === undefined)) {
    return { reason: 'the event must have either score or delta' };
  }
  if (event.timestamp !== undefined && Number.isNaN(Date.parse(event.timestamp))) {
    return { reason: '/timestamp is no time' };
  }
  return event;
}
