import type { RoundResult } from './round.js';

/** The results by fault, as a Markdown table. */
export function formatTable(results: readonly RoundResult[]): string {
  const rows = [...new Set(results.map(({ fault }) => fault))].map((name) => {
    const rounds = results.filter(({ fault }) => fault === name);
    const sum = (of: (round: RoundResult) => number) => rounds.reduce((total, round) => total + of(round), 0);
    return [
      name,
      rounds.length,
      sum(({ acknowledged }) => acknowledged),
      sum(({ lost }) => lost),
      sum(({ doubled }) => doubled),
      sum(({ wrong, misranked }) => wrong + misranked),
      `${((median(rounds.map(({ recoveryMs }) => recoveryMs)) ?? 0) / 1000).toFixed(2)} s`,
      formatRatio(median(rounds.map((round) => round.p99Ratio).filter(Number.isFinite))),
      rounds.filter(({ failures }) => failures.length > 0).length,
    ].join(' | ');
  });
  return [
    '| fault | rounds | acknowledged writes | lost | doubled | wrong or misranked | recovery (median) | write p99 ÷ before (median) | failed rounds |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}

const formatRatio = (ratio: number | undefined) => (ratio === undefined ? '–' : ratio.toFixed(1));

function median(numbers: number[]): number | undefined {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
