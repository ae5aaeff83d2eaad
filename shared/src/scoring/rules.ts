import type { Order } from './place.js';

/**
 * What cannot change once a game has scores, in one word: `best:desc`, or `best:desc:overall` for a game that counts on
 * the overall board. Each shard pins it at the game's first write there (`rules:{S}`), and refuses every write that was
 * made for other rules: so a change is exact, although each service learns of it in its own time. `~best:desc` is
 * agreed, but nobody has written under it yet.
 */

export const defaultRules = 'best:desc';

export const rulesPattern = '^(best|set|incr):(asc|desc)(:overall)?$';

export const rulesWord = (operator: string, order: Order, overall: boolean | undefined): string =>
  `${operator}:${order}${overall ? ':overall' : ''}`;

/** The order in a pin, written under or not. */
export const orderOfRules = (pin: string): Order => (pin.split(':')[1] === 'asc' ? 'asc' : 'desc');

/** The rules that a pin is about. */
export const rulesOfPin = (pin: string): string => pin.replace('~', '');

/** Whether a game of these rules counts on the overall board. */
export const isOverall = (rules: string): boolean => rules.endsWith(':overall');
