import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/**
 * A pid alone does not say which process it is: numbers are used again. Together with its start time, and the boot and
 * pid namespace that both belong to, it does.
 */
export interface ProcessIdentity {
  pid: number;
  started: string;
}

/** The boot (and container) in which pids have their meaning. */
export function pidEra(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return spawnSync('sysctl', ['-n', 'kern.boottime'], { encoding: 'utf8' }).stdout?.trim() ?? '';
  }
}

export function identify(pid: number): ProcessIdentity {
  return { pid, started: startTime(pid) ?? '' };
}

export function isAlive({ pid, started }: ProcessIdentity): boolean {
  return started !== '' && startTime(pid) === started;
}

/** Undefined when there is no such process, or only its zombie. */
function startTime(pid: number): string | undefined {
  if (process.platform !== 'linux') {
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return stdout?.trim() || undefined;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses, which may contain anything; fields 3 and 22 count from there.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Signals a whole process group; false when there is none (any more). */
export function signalGroup(leader: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    return false;
  }
}
