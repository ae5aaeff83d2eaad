import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSince, sizeOf } from './log-files.js';
import { takePrecedence } from './precedence.js';
import { signalGroup } from './process-identity.js';
import type { Progress } from './progress.js';
import { StartError } from './start-error.js';

export type ProcessRole = 'nginx' | 'gateway' | 'service' | 'worker' | 'redis' | 'postgres';

export interface ProcessSpec {
  /** Unique in the stack: `gateway-1`. */
  name: string;
  role: ProcessRole;
  /** Where it is reached. */
  url: string;
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd?: string;
  /** Another system user; needs root. */
  user?: { uid: number; gid: number };
  /** What asks it to finish its work and end. */
  stopSignal: NodeJS.Signals;
  logFile: string;
  /** Before each start, the first one included. */
  prepare?: () => void;
  /** Others wait for it, so it should not have to wait for them. */
  goesFirst?: boolean;
}

type State = 'new' | 'starting' | 'running' | 'stopping' | 'stopped';

const backoffMs = { first: 200, most: 5000 } as const;
/** A process that lived this long is not in a crash loop. */
const steadyAfterMs = 10_000;
const stopWithinMs = 10_000;
const reportEveryMs = 5_000;

/**
 * One child that is kept running. It has a process group of its own, so that a Ctrl-C in the terminal reaches only
 * the runner, which then stops everything in order; and so that what a killed parent leaves behind (NGINX's workers,
 * which would keep the port) can be ended with it.
 *
 * new → start() → starting → confirm() → running ⟲ restarts → stop() → stopping → stopped → start() → …
 * While it is starting, a death is an error for whoever waits in `until`; later it is started again.
 */
export class SupervisedProcess {
  readonly spec: ProcessSpec;
  readonly #changed: () => void;
  #child: ChildProcess | undefined;
  #gone: Promise<void> = Promise.resolve();
  #state: State = 'new';
  #confirmed = false;
  #startedAt = 0;
  #logStart = 0;
  #backoff: number = backoffMs.first;
  #restartTimer: NodeJS.Timeout | undefined;
  #spawnError: Error | undefined;

  /** `changed` is called, synchronously, whenever the pid may be another one. */
  constructor(spec: ProcessSpec, changed: () => void) {
    this.spec = spec;
    this.#changed = changed;
  }

  get name(): string {
    return this.spec.name;
  }

  /** Of the running child, or the last one when there is none at the moment; 0 before the first start. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  start(): void {
    if (this.running) return;
    this.#state = this.#confirmed ? 'running' : 'starting';
    this.#spawn();
  }

  /** It has been seen to work: from here on a death is answered with a restart. */
  confirm(): void {
    this.#confirmed = true;
    if (this.#state !== 'starting') return;
    this.#state = 'running';
    if (!this.running) this.#restartLater();
  }

  /**
   * Waits until `whyNot` finds no more reason why it cannot serve; says what it waits for now and then.
   * @throws {StartError} when the child dies before, with the last thing it said, or when it takes too long.
   */
  async until(
    whyNot: () => Promise<string | undefined>,
    timeoutMs: number,
    progress: Progress,
  ): Promise<void> {
    const startedAt = performance.now();
    let reportedAt = startedAt;
    for (let waitMs = 20; ; waitMs = Math.min(waitMs * 1.3, 250)) {
      if (this.#state === 'starting' && !this.running) throw new StartError(this.#lastWords());
      if (this.#state === 'stopping' || this.#state === 'stopped')
        throw new StartError(`${this.name} was stopped`);
      const reason = await whyNot();
      if (reason === undefined) return;
      const now = performance.now();
      if (now - startedAt > timeoutMs) {
        throw new StartError(`${this.name} cannot serve (${reason}): see ${this.spec.logFile}`);
      }
      if (now - reportedAt > reportEveryMs) {
        progress(`${this.name}: ${reason}`);
        reportedAt = now;
      }
      await sleep(waitMs);
    }
  }

  /** A fault: the supervisor answers it as any other death. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child?.kill(signal);
  }

  /** Asks it to end, insists after ten seconds, and returns when it is gone. */
  async stop(): Promise<void> {
    this.#state = 'stopping';
    clearTimeout(this.#restartTimer);
    if (this.running) {
      this.#child?.kill(this.spec.stopSignal);
      // One that was frozen must wake up to notice.
      this.#child?.kill('SIGCONT');
      const insist = setTimeout(() => this.stopNow(), stopWithinMs);
      await this.#gone;
      clearTimeout(insist);
    }
    this.#state = 'stopped';
  }

  stopNow(): void {
    this.#state = 'stopping';
    clearTimeout(this.#restartTimer);
    if (this.running && this.pid) signalGroup(this.pid, 'SIGKILL');
  }

  async restart(): Promise<void> {
    await this.stop();
    this.start();
  }

  #spawn(): void {
    const { command, args, env, cwd, user, logFile, prepare, goesFirst } = this.spec;
    prepare?.();
    this.#logStart = sizeOf(logFile);
    this.#spawnError = undefined;
    this.#startedAt = performance.now();
    const log = openSync(logFile, 'a', 0o600);
    const child = spawn(command, args, { env, cwd, ...user, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    if (goesFirst && child.pid !== undefined) takePrecedence(child.pid);
    this.#child = child;
    this.#gone = new Promise((resolve) => {
      let ended = false;
      const end = () => {
        if (ended) return;
        ended = true;
        this.#onGone(child);
        resolve();
      };
      child.once('exit', end);
      child.once('error', (error) => {
        this.#spawnError = error;
        if (child.pid === undefined) end();
      });
    });
    this.#changed();
  }

  #onGone(child: ChildProcess): void {
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    if (this.#state === 'running') this.#restartLater();
  }

  #restartLater(): void {
    if (performance.now() - this.#startedAt > steadyAfterMs) this.#backoff = backoffMs.first;
    clearTimeout(this.#restartTimer);
    this.#restartTimer = setTimeout(() => {
      if (this.#state === 'running' && !this.running) this.#spawn();
    }, this.#backoff);
    this.#backoff = Math.min(this.#backoff * 2, backoffMs.most);
  }

  /** One line about a death during the start. Our own processes say the reason in their last line. */
  #lastWords(): string {
    if (this.#spawnError) return `${this.name} could not be started: ${this.#spawnError.message}`;
    const lines = readSince(this.spec.logFile, this.#logStart).trim().split('\n');
    const how = this.#child?.signalCode ?? `exit code ${this.#child?.exitCode}`;
    return `${this.name} did not start (${how}): ${lines.at(-1) || 'it said nothing'}`;
  }
}
