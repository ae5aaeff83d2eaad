import { Type } from 'typebox';
import { maxScore } from '../scoring/place.js';

/** The fields that every body, query and message is made of, with the limits that users can rely on. */

/**
 * Printable ASCII that is safe in a URL path, a Redis key, a hash tag and a comma-separated list, with
 * at least one letter or digit.
 */
export const userIdPattern = '^(?=.*[A-Za-z0-9])[A-Za-z0-9_.@+~|#=!$-]{1,64}$';
export const UserId = Type.String({
  pattern: userIdPattern,
  description: 'A user, 1–64 characters',
  examples: ['alice'],
});

export const namePattern =
  '^[^\\p{Cc}\\p{Cs}\\u061C\\u200E\\u200F\\u2028-\\u202E\\u2066-\\u2069\\uFEFF]{1,64}$';
/** Anything people write, but no control, bidirectional or invisible line characters and no lone surrogate. */
export const Name = Type.String({
  pattern: namePattern,
  description: 'A display name, 1–64 characters',
  examples: ['Alice'],
});

export const regionPattern = '^[A-Za-z][A-Za-z0-9_]{0,31}$';
/** Checked against the configured regions by the route, which answers 400 for an unknown one. */
export const Region = Type.String({
  pattern: regionPattern,
  description: 'A region, in any case',
  examples: ['ASIA'],
});

export const gamePattern = '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$';
export const Game = Type.String({ pattern: gamePattern, description: 'A game', examples: ['default'] });

export const Score = Type.Integer({
  minimum: -maxScore,
  maximum: maxScore,
  description: 'An integer, −(2^53−1) … 2^53−1; anything else is refused, never rounded',
  examples: [1500],
});

/** Its 8–72 bytes are counted by `checkPasswordLength`, as characters are not bytes. */
export const Password = Type.String({
  minLength: 1,
  maxLength: 72,
  pattern: '^[^\\u0000]*$',
  description: '8–72 bytes',
  examples: ['correct horse battery staple'],
});

export const IdempotencyKey = Type.String({
  pattern: '^[\\x21-\\x7e]{1,128}$',
  description: 'Makes a retry safe for 24 h; scoped to the user',
  examples: ['match-17'],
});

export const Timestamp = Type.String({
  description: 'ISO 8601, UTC, milliseconds',
  examples: ['2026-01-31T12:00:00.000Z'],
});
