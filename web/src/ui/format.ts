/** How values are written on the pages, in the reader's own language and time zone. */

const numbers = new Intl.NumberFormat();
const times = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export const formatNumber = (value: number): string => numbers.format(value);
export const formatTime = (iso: string): string => times.format(new Date(iso));

/** "1 player", "1,204 players". */
export const players = (count: number): string =>
  `${formatNumber(count)} ${count === 1 ? 'player' : 'players'}`;
