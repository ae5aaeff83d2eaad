import { type Static, Type } from 'typebox';
import { windows } from '../scoring/windows.js';
import { gamePattern, Name, Region, Score, Timestamp, UserId, userIdPattern } from './fields.js';

const closed = { additionalProperties: false };

/** A game, or `*` for the overall board. */
const RankedGame = Type.String({
  pattern: `${gamePattern.slice(0, -1)}$|^[*]$`,
  description: 'A game, or * for the sum over the games that count on the overall board',
  examples: ['default'],
});

const board = {
  region: Type.Optional(Region),
  game: Type.Optional(RankedGame),
  window: Type.Optional(Type.Enum([...windows])),
  at: Type.Optional(
    Type.String({
      pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
      description: 'A day of the period wanted; of calendar windows only',
      examples: ['2026-01-31'],
    }),
  ),
  ties: Type.Optional(Type.Union([Type.Literal('unique'), Type.Literal('shared')])),
  partial: Type.Optional(
    Type.Boolean({
      description:
        'true: regions that cannot be read are left out and named, instead of 503 shard_unavailable',
    }),
  ),
};
export const BoardQuery = Type.Object(board, closed);
export type BoardQuery = Static<typeof BoardQuery>;

export const TopQuery = Type.Object(
  {
    ...board,
    limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  closed,
);
export type TopQuery = Static<typeof TopQuery>;

export const AroundQuery = Type.Object(
  { ...board, range: Type.Integer({ minimum: 1, maximum: 100, default: 10 }) },
  closed,
);
export type AroundQuery = Static<typeof AroundQuery>;

export const ScoreAtQuery = Type.Object(
  { ...board, percentile: Type.Number({ exclusiveMinimum: 0, maximum: 100, default: 1 }) },
  closed,
);

export const AroundScoreQuery = Type.Object(
  { ...board, score: Score, range: Type.Integer({ minimum: 1, maximum: 100, default: 10 }) },
  closed,
);

const oneId = userIdPattern.slice(1, -1);
export const RanksQuery = Type.Object(
  {
    ...board,
    user_ids: Type.String({
      pattern: `^${oneId.replace('.*', '[^,]*')}(,${oneId.replace('.*', '[^,]*')}){0,199}$`,
      description: '1–200 user ids, separated by commas',
      examples: ['alice,bob'],
    }),
  },
  closed,
);
export type RanksQuery = Static<typeof RanksQuery>;

export const UserParams = Type.Object({ userId: UserId }, closed);
export type UserParams = Static<typeof UserParams>;

export const Row = Type.Object({
  rank: Type.Integer({ minimum: 1 }),
  user_id: UserId,
  name: Name,
  region: Region,
  score: Score,
  updated_at: Timestamp,
});
export type Row = Static<typeof Row>;

const partialAnswer = {
  partial: Type.Optional(Type.Array(Region, { description: 'Regions that are missing from this answer' })),
};

/** Of calendar windows only. */
const periodAnswer = {
  starts_at: Type.Optional(Timestamp),
  ends_at: Type.Optional(Timestamp),
};

const boardAnswer = {
  region: Region,
  game: Type.String(),
  window: Type.String(),
  ...periodAnswer,
  ...partialAnswer,
  total: Type.Integer({ minimum: 0 }),
};

export const TopAnswer = Type.Object({
  ...boardAnswer,
  rows: Type.Array(Row),
  next_cursor: Type.Optional(Type.String()),
});
export type TopAnswer = Static<typeof TopAnswer>;

/** In the order of `REGIONS`; one that reads `GLOBAL` gets everyone. */
export const RegionsAnswer = Type.Object({ regions: Type.Array(Region) });
export type RegionsAnswer = Static<typeof RegionsAnswer>;

const Standing = Type.Object({
  ...Row.properties,
  total: Type.Integer({ minimum: 1 }),
  percentile: Type.Number({
    minimum: 0,
    maximum: 100,
    description: 'The share of ranked users behind this one',
  }),
});
export type Standing = Static<typeof Standing>;

export const RankAnswer = Type.Object({ ...Standing.properties, ...periodAnswer, ...partialAnswer });
export type RankAnswer = Static<typeof RankAnswer>;

export const AroundAnswer = Type.Object({
  ...periodAnswer,
  ...partialAnswer,
  self: Standing,
  around: Type.Array(Row),
});
export type AroundAnswer = Static<typeof AroundAnswer>;

export const RanksAnswer = Type.Object({
  ...boardAnswer,
  rows: Type.Array(Row),
  not_found: Type.Array(UserId),
});

export const ScoreAtAnswer = Type.Object({
  ...boardAnswer,
  percentile: Type.Number(),
  rank: Type.Integer({ minimum: 1, description: 'The last rank that belongs to these percent' }),
  score: Score,
});

export const AroundScoreAnswer = Type.Object({
  ...boardAnswer,
  score: Score,
  rank: Type.Integer({ minimum: 1, description: 'Where it would stand, reached now' }),
  around: Type.Array(Row),
});
