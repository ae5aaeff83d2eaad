import type { Order } from './place.js';

/**
 * What cannot change once a game has scores, in one word: `best:desc`. Each shard pins it at the game's first write
 * there (`rules:{S}`), and refuses every write that was made for other rules: so a change is exact, although each
 * service learns of it in its own time. `~best:desc` is agreed, but nobody has written under it yet.
 */

export const defaultRules = 'best:desc';

export const rulesWord = (operator: string, order: Order): string => `${operator}:${order}`;

/** The order in a pin, written under or not. */
export const orderOfRules = (pin: string): Order => (pin.endsWith(':asc') ? 'asc' : 'desc');
