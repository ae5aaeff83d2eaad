import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readJson } from '@leaderboard/local/files';
import { inRepository } from '@leaderboard/local/paths';
import { UsageError } from '../options.js';
import { formatTable } from '../report/format-table.js';
import type { Report } from '../report/report.js';
import { type CpuByRole, type Demand, type Measured, machinesFor } from './capacity.js';
import { type BoardReport, type GrowthReport, growthDirectory } from './report.js';

const usage = `npm run bench -- capacity [--events-per-minute N] [--users N] [--watchers N] [--reads-per-event N]

  after npm run bench -- writes reads, and npm run bench -- growth
`;

/** `npm run bench -- capacity`. @throws {UsageError} */
export function printCapacity(args: readonly string[]): void {
  const demand = readDemand(args);
  const measured = readMeasured();
  const inputs = Object.entries(measured).map(([name, value]) => [
    name,
    typeof value === 'number'
      ? value.toFixed(1)
      : Object.entries(value as CpuByRole)
          .map(([role, us]) => `${role} ${us.toFixed(1)}`)
          .join(', '),
  ]);
  const rows = machinesFor(demand, measured).map(({ what, count, formula }) => [
    what,
    String(count),
    formula,
  ]);
  const tables = [
    formatTable(['measured', 'µs or bytes'], inputs),
    formatTable(['needed', 'count', 'how'], rows),
  ];
  process.stdout.write(`${tables.join('\n\n')}\n`);
}

function readMeasured(): Measured {
  const chain = readJson<Report>(inRepository('bench', 'results', 'latest.json'));
  const growth = readJson<GrowthReport>(join(growthDirectory, 'growth.json'));
  const cpuOf = (name: string) =>
    chain?.results.find((result) => result.name === name)?.sides.find((side) => side.name === 'platform')
      ?.cpuUs;
  const [write, read] = [cpuOf('POST /score'), cpuOf('GET /rank/:id, home region')];
  const whole = growth?.boards.filter(({ shards }) => shards === 1) ?? [];
  const largest = whole.at(-1);
  const busy = whole.find(({ busyWrite }) => busyWrite !== undefined);
  const { snapshotUs, bytesPerWatcher } = growth?.watchers ?? {};
  if (!write || !read || !largest || !busy || snapshotUs === undefined || bytesPerWatcher === undefined)
    throw new UsageError(`There are no figures to reckon with.\n\n${usage}`);
  return {
    write,
    read,
    // Among others a request costs less than alone; how that grows with the users is measured alone.
    redisWriteUs: (busy.busyWrite?.redisUs ?? 0) * growthOf('write', busy, largest),
    redisReadUs: (read.redis ?? 0) * growthOf('rank', busy, largest),
    bytesPerUser: largest.bytesPerUser,
    snapshotUs,
    bytesPerWatcher,
  };
}

const growthOf = (kind: 'write' | 'rank', from: BoardReport, to: BoardReport) =>
  (to[kind].redisUs ?? Number.NaN) / (from[kind].redisUs ?? Number.NaN);

function readDemand(args: readonly string[]): Demand {
  const option = { type: 'string' } as const;
  const options = {
    'events-per-minute': option,
    users: option,
    watchers: option,
    'reads-per-event': option,
    help: { type: 'boolean' },
  } as const;
  let values: { [Name in keyof typeof options]?: string | boolean };
  try {
    values = parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
  if (values.help) throw new UsageError(usage);
  const number = (name: keyof typeof options, byDefault: number) => {
    const value = values[name] === undefined ? byDefault : Number(values[name]);
    if (value >= 0) return value;
    throw new UsageError(`--${name} must be a number.\n\n${usage}`);
  };
  return {
    eventsPerMinute: number('events-per-minute', 1_000_000),
    users: number('users', 100_000_000),
    watchers: number('watchers', 1_000_000),
    readsPerEvent: number('reads-per-event', 4),
  };
}
