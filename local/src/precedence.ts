import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

export const firstNiceness = -10;

/**
 * Gives a process the processor before others, where we may (root may). By itself and by its session, because Linux weighs
 * sessions against each other where it groups them (sched_autogroup), and each of our processes has its own.
 */
export function takePrecedence(pid: number): void {
  attempt(() => setPriority(pid, firstNiceness));
  attempt(() => writeFileSync(`/proc/${pid}/autogroup`, String(firstNiceness)));
}

/** It runs as well without, only slower. */
function attempt(step: () => void): void {
  try {
    step();
  } catch {}
}
