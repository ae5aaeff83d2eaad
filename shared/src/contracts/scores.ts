import { type Static, Type } from 'typebox';
import { Game, Name, Region, Score, Timestamp, UserId } from './fields.js';

const closed = { additionalProperties: false };

/** Who is written for: a player may repeat its own id and region, a server names any user. */
const subject = {
  user_id: Type.Optional(UserId),
  region: Type.Optional(Region),
  name: Type.Optional(Name),
  game: Type.Optional(Game),
};

export const PostScoreBody = Type.Object({ score: Score, ...subject }, closed);
export type PostScoreBody = Static<typeof PostScoreBody>;

export const CreateScoreBody = Type.Object({ initialScore: Type.Optional(Score), ...subject }, closed);
export type CreateScoreBody = Static<typeof CreateScoreBody>;

export const UpdateScoreBody = PostScoreBody;

export const AddScoreBody = Type.Object({ delta: Score, ...subject }, closed);
export type AddScoreBody = Static<typeof AddScoreBody>;

export const WriteAnswer = Type.Object({
  user_id: UserId,
  name: Name,
  region: Region,
  game: Game,
  score: Score,
  previous_score: Type.Union([Score, Type.Null()]),
  rank: Type.Integer({ minimum: 1, description: 'The rank in the home region' }),
  best: Type.Boolean({ description: 'Whether the stored score changed' }),
  updated_at: Timestamp,
});
export type WriteAnswer = Static<typeof WriteAnswer>;

export const CreateAnswer = Type.Object({ ...WriteAnswer.properties, created: Type.Boolean() });
