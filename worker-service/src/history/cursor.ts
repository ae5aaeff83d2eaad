import { Problem } from '@leaderboard/shared/http/problems';

/** A page ends at a version: whatever is accepted later stands before it, so the next page neither skips nor repeats. */

const mark = 'h1 ';

export function encodeCursor(version: number): string {
  return Buffer.from(`${mark}${version}`).toString('base64url');
}

/** The version below which the next page begins. @throws {Problem} invalid_cursor */
export function decodeCursor(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString();
  const version = Number(text.slice(mark.length));
  if (!/^h1 \d{1,16}$/.test(text) || !Number.isSafeInteger(version) || encodeCursor(version) !== cursor) {
    throw new Problem('invalid_cursor', 'Use next_cursor of the page before, as it is');
  }
  return version;
}
