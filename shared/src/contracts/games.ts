import { type Static, Type } from 'typebox';
import { Game, Score } from './fields.js';

const closed = { additionalProperties: false };

/** Besides `all`, which every game keeps: rolling windows, then calendar ones. */
export const gameWindows = ['24h', '3d', '7d', 'daily', 'weekly', 'monthly'] as const;

export type GameWindow = (typeof gameWindows)[number];

export const Operator = Type.Union([Type.Literal('best'), Type.Literal('set'), Type.Literal('incr')], {
  description: 'What POST /score does with a new value',
});
export type Operator = Static<typeof Operator>;

export const OrderField = Type.Union([Type.Literal('desc'), Type.Literal('asc')], {
  description: 'desc: high is good; asc: low is good, as with race times',
});

const Windows = Type.Array(Type.Unsafe<GameWindow>({ enum: [...gameWindows] }), {
  uniqueItems: true,
  maxItems: gameWindows.length,
});

/** Whether Node knows it is checked by the domain: the list of time zones is not ours. */
const Timezone = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9_+/-]{0,63}$',
  description: 'An IANA time zone, which the borders of calendar windows follow',
  examples: ['Europe/Berlin'],
});

const MaxDelta = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'What one addition may add or take away',
});

/** A game as it is kept: in the queue message, in Redis and in Postgres. */
export const GameDefinition = Type.Object({
  operator: Operator,
  order: OrderField,
  windows: Windows,
  timezone: Timezone,
  min_score: Type.Optional(Score),
  max_score: Type.Optional(Score),
  max_delta: Type.Optional(MaxDelta),
  overall: Type.Boolean({ description: 'Whether its scores count on the board over all games' }),
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
