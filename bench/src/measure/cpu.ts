import { readdirSync, readFileSync } from 'node:fs';

/** The processes of each role; what they start counts with them. */
export type ProcessRoots = ReadonlyMap<string, readonly number[]>;

/** µs of CPU by role; undefined on systems without /proc. */
export type CpuReading = ReadonlyMap<string, number> | undefined;

/** A tick is 10 ms on every Linux that Node runs on: USER_HZ is part of the kernel's interface. */
const tickUs = 10_000;

interface ProcessTimes {
  parent: number;
  /** Of the process and of its children that have ended. */
  ticks: number;
}

/**
 * How much CPU each role has used since its processes began. Differences between two readings count everything: a child
 * that ends in between (a Postgres backend) is by then part of its parent's figure. `client` is what this process has
 * started and seen the end of: the load generator.
 */
export function readCpu(roots: ProcessRoots): CpuReading {
  if (process.platform !== 'linux') return undefined;
  const times = readAll();
  const children = new Map<number, number[]>();
  for (const [pid, { parent }] of times) children.set(parent, [...(children.get(parent) ?? []), pid]);
  const ticksOf = (pid: number): number =>
    (times.get(pid)?.ticks ?? 0) + (children.get(pid) ?? []).reduce((sum, child) => sum + ticksOf(child), 0);

  const reading = new Map<string, number>();
  for (const [role, pids] of roots)
    reading.set(role, pids.reduce((sum, pid) => sum + ticksOf(pid), 0) * tickUs);
  reading.set('client', endedChildrenTicks(readStat(process.pid)) * tickUs);
  return reading;
}

/** CPU used between two readings, divided by what was done in between. */
export function cpuPer(units: number, before: CpuReading, after: CpuReading): Record<string, number> {
  const cost: Record<string, number> = {};
  if (before === undefined || after === undefined || units === 0) return cost;
  for (const [role, us] of after) cost[role] = Math.max(0, us - (before.get(role) ?? 0)) / units;
  return cost;
}

function readAll(): Map<number, ProcessTimes> {
  const times = new Map<number, ProcessTimes>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parsed = parseStat(readStat(Number(name)));
    if (parsed) times.set(Number(name), parsed);
  }
  return times;
}

/** Empty for a process that has just ended. */
function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}

/** The fields after the name, which stands in parentheses and may contain anything; the first of these is field 3. */
const fieldsOf = (stat: string) => stat.slice(stat.lastIndexOf(')') + 2).split(' ');

export function parseStat(stat: string): ProcessTimes | undefined {
  const fields = fieldsOf(stat);
  if (fields.length < 15) return undefined;
  const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number);
  return {
    parent: Number(fields[1]),
    ticks: (utime ?? 0) + (stime ?? 0) + (cutime ?? 0) + (cstime ?? 0),
  };
}

function endedChildrenTicks(stat: string): number {
  const [cutime, cstime] = fieldsOf(stat).slice(13, 15).map(Number);
  return (cutime ?? 0) + (cstime ?? 0);
}
