/**
 * Finds the sort key at which a count is reached, without reading the rows between: each round asks for the counts at
 * several keys at once, which leaves one of so many parts. 2^54 keys take eleven rounds at most, a million four.
 */

const pivots = 31n;

/** For each key, in order: how many entries have a smaller one. */
export type CountSmaller = (keys: readonly number[]) => Promise<readonly number[]>;

/** The least key from `least` to `greatest` up to which at least `wanted` entries stand. */
export async function findKeyAt(
  wanted: number,
  least: number,
  greatest: number,
  countSmaller: CountSmaller,
): Promise<number> {
  // BigInt, because the distance between two scores may not be exact as a number.
  let low = BigInt(least);
  let high = BigInt(greatest);
  while (low < high) {
    const keys = partsOf(low, high);
    const counts = await countSmaller(keys.map((key) => Number(key + 1n)));
    const at = counts.findIndex((count) => count >= wanted);
    if (at < 0) low = (keys.at(-1) as bigint) + 1n;
    else {
      high = keys[at] as bigint;
      if (at > 0) low = (keys[at - 1] as bigint) + 1n;
    }
  }
  return Number(low);
}

/** Keys from `low` to below `high`, evenly apart. */
function partsOf(low: bigint, high: bigint): bigint[] {
  const step = (high - low + pivots) / (pivots + 1n);
  const keys: bigint[] = [];
  for (let key = low + step - 1n; key < high; key += step) keys.push(key);
  return keys;
}
