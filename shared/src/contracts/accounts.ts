import { type Static, Type } from 'typebox';
import { Name, Password, Region, Score, UserId } from './fields.js';

const closed = { additionalProperties: false };

export const RegisterBody = Type.Object(
  {
    user_id: UserId,
    name: Name,
    region: Type.Optional(Region),
    password: Type.Optional(Password),
    initialScore: Type.Optional(Score),
  },
  closed,
);
export type RegisterBody = Static<typeof RegisterBody>;

/** Any string may be tried as a password here: a wrong one is 401, not 400, unless bcrypt could not take it. */
export const LoginBody = Type.Object({ user_id: UserId, password: Password }, closed);
export type LoginBody = Static<typeof LoginBody>;

export const Profile = Type.Object({ user_id: UserId, name: Name, region: Region });

export const RegisterAnswer = Type.Object({
  token: Type.String(),
  user: Profile,
  password: Type.Optional(Type.String({ description: 'The generated password, answered this once' })),
});

export const LoginAnswer = Type.Object({ token: Type.String(), user: Profile });

export const MeAnswer = Type.Object({
  user_id: UserId,
  name: Name,
  region: Region,
  role: Type.String({ examples: ['player'] }),
});

export const HiddenBody = Type.Object(
  { hidden: Type.Boolean({ description: 'Whether others no longer see the user on any board' }) },
  closed,
);

export const HiddenAnswer = Type.Object({ user_id: UserId, hidden: Type.Boolean() });
