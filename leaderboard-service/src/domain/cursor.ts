import { userIdPattern } from '@leaderboard/shared/contracts/fields';
import { Problem } from '@leaderboard/shared/http/problems';
import type { Place } from '@leaderboard/shared/scoring/place';

/**
 * A page ends at a place, not at a rank: the next page starts right behind it, wherever that is by then. So
 * an entry that does not move is neither skipped nor repeated, whatever moves around it.
 */

const memberPattern = new RegExp(`^(\\d{16})(?:${userIdPattern.slice(1, -1)})$`);

export function encodeCursor({ sortKey, member }: Place): string {
  return Buffer.from(`${sortKey} ${member}`).toString('base64url');
}

/** The place right behind the last entry of the page before. @throws {Problem} invalid_cursor */
export function decodeCursor(cursor: string): Place {
  const [key = '', member = '', ...rest] = Buffer.from(cursor, 'base64url').toString().split(' ');
  const sortKey = Number(key);
  const wellFormed =
    /^-?\d{1,16}$/.test(key) &&
    Number.isSafeInteger(sortKey) &&
    memberPattern.test(member) &&
    rest.length === 0;
  if (!wellFormed || encodeCursor({ sortKey, member }) !== cursor) {
    throw new Problem('invalid_cursor', 'Use next_cursor of the page before, as it is');
  }
  // A space sorts before every character of an id: nothing can stand between an entry and this place.
  return { sortKey, member: `${member} ` };
}
