/** The share of ranked users who stand behind, 0–100 with two decimals. */
export function percentileOf(rank: number, total: number): number {
  // Multiplied first: the quotient of two integers would already be rounded.
  return Math.floor(((total - rank) * 10_000) / total) / 100;
}
