export interface Summary {
  median: number;
  least: number;
  most: number;
}

/** Of at least one number. */
export function summarize(numbers: readonly number[]): Summary {
  const sorted = [...numbers].sort((a, b) => a - b);
  return {
    median: medianOfSorted(sorted),
    least: sorted[0] ?? Number.NaN,
    most: sorted.at(-1) ?? Number.NaN,
  };
}

export function median(numbers: readonly number[]): number {
  return summarize(numbers).median;
}

function medianOfSorted(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  if (sorted.length % 2 === 1) return upper;
  return ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * The ratio of the medians, and how far it was from that in the rounds: each round's first side by the second that was
 * measured right after it, so that what slows a machine down for a while slows down both.
 */
export function summarizeRatio(first: readonly number[], second: readonly number[]): Summary {
  const ofRounds = first.map((value, round) => value / (second[round] ?? Number.NaN));
  const { least, most } = summarize(ofRounds);
  return { median: median(first) / median(second), least, most };
}

/** The median of each named figure over rounds; a figure that a round lacks is left out of its median. */
export function medians(records: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))];
  return Object.fromEntries(
    names.map((name) => [
      name,
      median(records.map((record) => record[name]).filter((value) => value !== undefined)),
    ]),
  );
}
