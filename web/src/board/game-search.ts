/** Games are paged in the order of their names (bytes), by a cursor that is a name: enough to search by how names begin. */

/** The characters of a game's name, in their order; the first of a name is a letter or digit. */
const characters = '-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
const greatest = 'z';
const greatestLength = 64;

export const isGameName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(text);

/**
 * A name behind which the names that begin with `prefix` follow at once; undefined when they are the first there are.
 * @param prefix part of a game's name
 */
export function cursorBefore(prefix: string): string | undefined {
  const rest = prefix.slice(0, -1);
  const ofFirst = characters.replace(/[-._]/g, '');
  const allowed = rest === '' ? ofFirst : characters;
  const before = allowed[allowed.indexOf(prefix.slice(-1)) - 1];
  if (before !== undefined) return (rest + before).padEnd(greatestLength, greatest);
  return rest === '' ? undefined : rest;
}
