import type { Bench } from '../bench.js';
import type { Group } from '../options.js';

/** One row of the table: something that the platform does, beside what the machine could do at best. */
export interface Workload {
  /** By which it is asked for. */
  readonly group: Group;
  readonly name: string;
  /** What stands beside it. */
  readonly baseline: string;
  readonly unit: string;
  /** What is wanted of platform ÷ baseline. */
  readonly target?: Target;
  /** As many rounds as asked for, unless one says all. */
  readonly once?: boolean;
  prepare(bench: Bench): Promise<PreparedWorkload>;
}

export interface Target {
  readonly atLeast: number;
  readonly aim: number;
  /** Then `atLeast` is the most, and the aim is below it. */
  readonly lessIsBetter?: boolean;
}

export interface PreparedWorkload {
  /** Measured in turns, in this order: the platform, the baseline, and what else is worth a column. */
  readonly sides: readonly Side[];
  /** Last checks; what is wrong, if anything. Not called after an error. */
  check?(): Promise<readonly string[]>;
  /** Called whatever happens. */
  finish?(): Promise<void>;
}

export interface Side {
  readonly name: string;
  /** Before the first round: what is to be warm gets warm, and answers are checked under load. Says what is wrong. */
  warmUp?(): Promise<readonly string[]>;
  round(): Promise<Sample>;
}

/** What one round of one side gave. */
export interface Sample {
  readonly value: number;
  /** More figures worth keeping: `p50_us`, `queue_at_end`, … */
  readonly figures?: Readonly<Record<string, number>>;
  /** µs of CPU per unit of work, by role. */
  readonly cpuUs?: Readonly<Record<string, number>>;
  readonly failures?: readonly string[];
}
