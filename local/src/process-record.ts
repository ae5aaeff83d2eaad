import { existsSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessRole, SupervisedProcess } from './child-process.js';
import { readJson, writeJson } from './files.js';
import type { DataPaths } from './paths.js';
import { identify, isAlive, type ProcessIdentity, pidEra, signalGroup } from './process-identity.js';

/** In what order processes end: whoever asks before whoever is asked. */
export const stopOrder: readonly ProcessRole[] = [
  'nginx',
  'gateway',
  'service',
  'worker',
  'redis',
  'postgres',
];

interface RecordedProcess extends ProcessIdentity {
  name: string;
  role: ProcessRole;
  stopSignal: NodeJS.Signals;
}

interface Contents {
  era: string;
  runner: ProcessIdentity;
  processes: RecordedProcess[];
}

/**
 * DATA_DIR/processes.json: who runs, from the first child on, so that a runner that was killed leaves nobody who
 * cannot be found again. (stack.json, for users, appears when the stack is ready.)
 */
export class ProcessRecord {
  readonly #path: string;
  readonly #published: readonly string[];

  constructor(paths: DataPaths) {
    this.#path = paths.processes;
    this.#published = [paths.stack, paths.environment];
  }

  write(processes: readonly SupervisedProcess[]): void {
    const running = processes.filter((child) => child.running);
    const contents: Contents = {
      era: pidEra(),
      runner: identify(process.pid),
      processes: running.map(({ name, pid, spec: { role, stopSignal } }) => ({
        name,
        role,
        stopSignal,
        ...identify(pid),
      })),
    };
    writeJson(this.#path, contents);
  }

  exists(): boolean {
    return existsSync(this.#path);
  }

  /** With it goes what says to others that a stack runs. */
  remove(): void {
    this.unpublish();
    rmSync(this.#path, { force: true });
  }

  unpublish(): void {
    for (const path of this.#published) rmSync(path, { force: true });
  }

  /** The pid of the runner that owns this directory, if it lives. */
  liveRunner(): number | undefined {
    const contents = this.#read();
    return contents && isAlive(contents.runner) ? contents.runner.pid : undefined;
  }

  /** Ends what a dead runner left running, in order. Returns the names. */
  async endLeftovers(): Promise<string[]> {
    const left = this.#read()?.processes ?? [];
    const ended: string[] = [];
    for (const role of stopOrder) {
      const ofRole = left.filter((entry) => entry.role === role);
      const results = await Promise.all(ofRole.map(endLeftover));
      ended.push(...ofRole.filter((_, index) => results[index]).map((entry) => entry.name));
    }
    this.remove();
    return ended;
  }

  /** Undefined also for a record of an earlier boot or another container: its pids mean nothing here. */
  #read(): Contents | undefined {
    const contents = readJson<Contents>(this.#path);
    return contents?.era === pidEra() ? contents : undefined;
  }
}

const askForMs = 10_000;

async function endLeftover(entry: RecordedProcess): Promise<boolean> {
  const wasAlive = isAlive(entry);
  if (wasAlive) {
    process.kill(entry.pid, entry.stopSignal);
    process.kill(entry.pid, 'SIGCONT');
    const deadline = performance.now() + askForMs;
    while (isAlive(entry) && performance.now() < deadline) await sleep(20);
  }
  // A pid that is free, or still this process's, names no other group.
  const groupIsOurs = isAlive(entry) || identify(entry.pid).started === '';
  return (groupIsOurs && signalGroup(entry.pid, 'SIGKILL')) || wasAlive;
}
