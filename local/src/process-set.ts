import { type ProcessRole, type ProcessSpec, SupervisedProcess } from './child-process.js';
import { stopOrder } from './process-record.js';
import type { Progress } from './progress.js';
import { StartError } from './start-error.js';

/** The processes of one stack: launched until they are ready, kept running, stopped in order. */
export class ProcessSet {
  readonly children: SupervisedProcess[] = [];
  readonly #changed: () => void;
  readonly #progress: Progress;
  #stopping: Promise<void> | undefined;

  /** `changed` is called at every new pid. */
  constructor(changed: () => void, progress: Progress) {
    this.#changed = changed;
    this.#progress = progress;
  }

  get stopping(): boolean {
    return this.#stopping !== undefined;
  }

  byRole(role: ProcessRole): SupervisedProcess[] {
    return this.children.filter((child) => child.spec.role === role);
  }

  /** @throws {StartError} when it dies first, takes too long, or everything is being stopped. */
  async launch(
    spec: ProcessSpec,
    whyNot: () => Promise<string | undefined>,
    withinMs: number,
  ): Promise<void> {
    this.checkStillWanted();
    const child = new SupervisedProcess(spec, () => {
      if (!this.stopping) this.#changed();
    });
    this.children.push(child);
    child.start();
    await child.until(whyNot, withinMs, this.#progress);
    child.confirm();
    this.#progress(`${spec.name.padEnd(10)} ${new URL(spec.url).host}`);
  }

  checkStillWanted(): void {
    if (this.stopping) throw new StartError('the start was given up');
  }

  /** Those who ask before those who are asked; nothing is launched or started again from now on. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopInOrder();
    return this.#stopping;
  }

  stopNow(): void {
    for (const child of this.children) child.stopNow();
  }

  async #stopInOrder(): Promise<void> {
    for (const role of stopOrder) {
      await Promise.all(this.byRole(role).map((child) => child.stop()));
    }
  }
}
