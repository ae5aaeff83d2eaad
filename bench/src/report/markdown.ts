import type { SideResult, WorkloadResult } from '../measure/run-workload.js';
import type { Summary } from '../measure/statistics.js';
import { formatTable } from './format-table.js';
import type { Report } from './report.js';

const shownFailures = 5;

/** What is printed and kept in results/latest.md. docs/performance.md says how to read it. */
export function toMarkdown(report: Report): string {
  const { results } = report;
  const failures = results.flatMap(({ name, failures: ofOne }) =>
    ofOne.slice(0, shownFailures).map((failure) => `- ${name}: ${failure}`),
  );
  const parts = [
    '# Figures of the last `npm run bench`',
    conditions(report),
    '## Platform beside baseline',
    'Medians of the rounds, in parentheses the lowest and highest round; a ratio is that of the medians.',
    ratios(results),
    extraSides(results),
    '## Latency and queue',
    latencies(results),
    otherFigures(results),
    '## CPU: µs per request, event or row',
    cpuCosts(results),
    failures.length > 0
      ? `## FAILED checks\n\n${failures.join('\n')}`
      : 'All checks of answers and stored rows were passed.',
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function conditions({ machine, options }: Report): string {
  return [
    `- ${machine.date}; ${machine.cores} cores (${machine.cpu}), ${machine.memoryGb} GB, ${machine.system}; load before: ${machine.load}`,
    `- Node ${machine.node}, Redis ${machine.redis}, Postgres ${machine.postgres}, NGINX ${machine.nginx}, wrk ${machine.wrk}`,
    `- data on ${machine.fileSystem}, an fsync takes ${machine.fsyncUs} µs${machine.fileSystem === 'tmpfs' ? ': **this is memory, not a disk**' : ''}`,
    `- ${options.rounds} rounds of ${options.seconds} s a side, ${options.connections} connections, ${options.users} users, of whom ${options.players} write; backlog ${options.backlog} events`,
  ].join('\n');
}

function ratios(results: readonly WorkloadResult[]): string {
  const header = [
    'workload',
    'platform',
    'baseline',
    'unit',
    'ratio',
    'wanted',
    'aim',
    'baseline is',
    'checks',
  ];
  const rows = results.map(({ name, sides, unit, ratio, target, baseline, failures }) => {
    const sign = target?.lessIsBetter ? '≤ ' : '≥ ';
    return [
      name,
      withSpread(sides[0]?.summary, figure),
      withSpread(sides[1]?.summary, figure),
      unit,
      withSpread(ratio, (value) => value.toFixed(2)),
      target ? sign + target.atLeast.toFixed(2) : '–',
      target ? sign + target.aim.toFixed(2) : '–',
      baseline,
      failures.length === 0 ? 'passed' : `${failures.length} FAILED`,
    ];
  });
  return formatTable(header, rows);
}

/** What stands beside a workload besides its baseline. */
function extraSides(results: readonly WorkloadResult[]): string {
  return results
    .flatMap(({ name, sides, unit }) =>
      sides.slice(2).map((side) => `- ${name}; ${side.name}: ${withSpread(side.summary, figure)} ${unit}`),
    )
    .join('\n');
}

function latencies(results: readonly WorkloadResult[]): string {
  const header = ['workload', 'side', 'p50 ms', 'p99 ms', 'per minute', 'not stored at the end'];
  const rows = withSides(results).flatMap(([{ name, unit }, { name: side, figures, summary }]) => {
    const { p50_us: p50, p99_us: p99, queue_at_end: queue } = figures;
    if (p50 === undefined || p99 === undefined) return [];
    const perMinute = unit === 'requests/s' ? figure(60 * summary.median) : '–';
    return [[name, side, ms(p50), ms(p99), perMinute, queue === undefined ? '–' : figure(queue)]];
  });
  return rows.length === 0 ? 'None of these workloads has any.' : formatTable(header, rows);
}

const shownElsewhere = ['p50_us', 'p99_us', 'queue_at_end'];

/** Whatever else a workload has measured. */
function otherFigures(results: readonly WorkloadResult[]): string {
  const rows = withSides(results).flatMap(([{ name }, { name: side, figures }]) =>
    Object.entries(figures)
      .filter(([figureName]) => !shownElsewhere.includes(figureName))
      .map(([figureName, value]) => [name, side, figureName, value < 100 ? value.toFixed(1) : figure(value)]),
  );
  return rows.length === 0
    ? ''
    : `## Further figures\n\n${formatTable(['workload', 'side', 'figure', 'value'], rows)}`;
}

const roles = ['nginx', 'gateway', 'echo', 'service', 'redis', 'worker', 'postgres', 'client'];

function cpuCosts(results: readonly WorkloadResult[]): string {
  const measured = withSides(results).filter(([, { cpuUs }]) => Object.keys(cpuUs).length > 0);
  if (measured.length === 0) return 'Not measured: it is read from /proc, which only Linux has.';
  const rows = measured.map(([{ name }, { name: side, cpuUs }]) => {
    const sum = roles
      .filter((role) => role !== 'client')
      .reduce((total, role) => total + (cpuUs[role] ?? 0), 0);
    return [name, side, sum.toFixed(1), ...roles.map((role) => cpuUs[role]?.toFixed(1) ?? '–')];
  });
  return formatTable(['workload', 'side', 'sum without client', ...roles], rows);
}

function withSides(results: readonly WorkloadResult[]): [WorkloadResult, SideResult][] {
  return results.flatMap((result) =>
    result.sides.map((side): [WorkloadResult, SideResult] => [result, side]),
  );
}

function withSpread(summary: Summary | undefined, format: (value: number) => string): string {
  if (!summary) return '–';
  const { median, least, most } = summary;
  return least === most ? format(median) : `${format(median)} (${format(least)}–${format(most)})`;
}

const figure = (value: number) => Math.round(value).toLocaleString('en');
const ms = (us: number) => (us / 1000).toFixed(2);
