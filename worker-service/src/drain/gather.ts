/** So many in a batch that was not full are no coincidence: more come, and what comes is worth waiting for. */
const steadyItems = 10;
const steadyFactor = 5;

/** How long after the claim of a batch that was not full the next one is made, ms. */
export function gatherMs(itemsInLast: number, lingerMs: number): number {
  return itemsInLast < steadyItems ? lingerMs : lingerMs * steadyFactor;
}
