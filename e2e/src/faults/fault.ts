import type { Random } from './random.js';
import type { Rig, System } from './rig.js';
import type { Workload } from './workload.js';

/** What a fault has at hand. */
export interface FaultContext<Tested extends System = Rig> {
  readonly rig: Tested;
  readonly random: Random;
  readonly workload: Workload;
}

/** One row of the table in docs/durability.md. */
export interface Fault<Tested extends System = Rig> {
  readonly name: string;
  /** `counted`: acknowledged writes may be lost, but the services must report them. */
  readonly mayLose: 'nothing' | 'counted';
  /** Takes most of a minute: runs in every third round only. */
  readonly slow?: boolean;
  /** Injects the fault under load and heals it. Throws when what must hold meanwhile does not. */
  inject(context: FaultContext<Tested>): Promise<void>;
}
