import { type Static, Type } from 'typebox';
import { keptWindows } from '../scoring/windows.js';
import { Game, Score } from './fields.js';

const closed = { additionalProperties: false };

export const Operator = Type.Union([Type.Literal('best'), Type.Literal('set'), Type.Literal('incr')], {
  description: 'What POST /score does with a new value',
});
export type Operator = Static<typeof Operator>;

export const OrderField = Type.Union([Type.Literal('desc'), Type.Literal('asc')], {
  description: 'desc: high is good; asc: low is good, as with race times',
});

const MaxDelta = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'What one addition may add or take away',
});

const Windows = Type.Array(Type.Enum([...keptWindows]), {
  uniqueItems: true,
  description: 'Boards that the game keeps besides all time',
});

const Timezone = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'IANA time zone in which days, weeks and months begin',
  examples: ['Europe/Berlin'],
});

/** A game as it is kept: in the queue message, in Redis and in Postgres. */
export const GameDefinition = Type.Object({
  operator: Operator,
  order: OrderField,
  windows: Windows,
  timezone: Timezone,
  overall: Type.Boolean({ description: 'Whether its all-time scores count on the board game=*' }),
  min_score: Type.Optional(Score),
  max_score: Type.Optional(Score),
  max_delta: Type.Optional(MaxDelta),
});
export type GameDefinition = Static<typeof GameDefinition>;

/** Replaces the game: what is left out gets its default. */
export const PutGameBody = Type.Partial(GameDefinition, closed);
export type PutGameBody = Static<typeof PutGameBody>;

export const GameParams = Type.Object({ game: Game }, closed);

export const GameAnswer = Type.Object({ game: Game, ...GameDefinition.properties });
export type GameAnswer = Static<typeof GameAnswer>;

export const GamesQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
    cursor: Type.Optional(Game),
  },
  closed,
);

export const GamesAnswer = Type.Object({
  games: Type.Array(GameAnswer),
  next_cursor: Type.Optional(Type.String()),
});

/** The game `default` until it is changed, and what a `PUT` leaves out. */
export const defaultDefinition: GameDefinition = {
  operator: 'best',
  order: 'desc',
  windows: [],
  timezone: 'UTC',
  overall: false,
};
