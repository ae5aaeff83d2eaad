import { Interrupted } from '@leaderboard/shared/interruption';
import type { Bench } from '../bench.js';
import type { Sample, Side, Target, Workload } from '../workloads/workload.js';
import { settle } from './settle.js';
import { medians, type Summary, summarize, summarizeRatio } from './statistics.js';

export interface SideResult {
  readonly name: string;
  /** One for each round. */
  readonly values: readonly number[];
  readonly summary: Summary;
  /** Medians over the rounds. */
  readonly figures: Readonly<Record<string, number>>;
  /** Medians over the rounds, µs of CPU per unit of work by role. */
  readonly cpuUs: Readonly<Record<string, number>>;
}

export interface WorkloadResult {
  readonly group: string;
  readonly name: string;
  readonly baseline: string;
  readonly unit: string;
  readonly target: Target | undefined;
  readonly sides: readonly SideResult[];
  /** First side ÷ second side; undefined when the workload could not be measured. */
  readonly ratio: Summary | undefined;
  /** What was wrong with the answers or with what was stored; the figures are worth nothing then. */
  readonly failures: readonly string[];
}

const shownFailures = 5;

/** Measures the sides in turns: A B A B …, so that whatever changes on the machine meanwhile changes both. */
export async function runWorkload(workload: Workload, bench: Bench): Promise<WorkloadResult> {
  const { group, name, baseline, unit, target } = workload;
  const failures: string[] = [];
  const samples = new Map<Side, Sample[]>();
  bench.progress.line(`${name} beside ${baseline}`);
  try {
    const prepared = await workload.prepare(bench);
    try {
      for (const side of prepared.sides) failures.push(...((await side.warmUp?.()) ?? []));
      const rounds = workload.once ? 1 : bench.options.rounds;
      for (let round = 1; round <= rounds; round++) {
        for (const side of prepared.sides) {
          await settle(bench.platform, bench.signal);
          const sample = await side.round();
          samples.set(side, [...(samples.get(side) ?? []), sample]);
          failures.push(...(sample.failures ?? []));
          const value = Math.round(sample.value).toLocaleString('en');
          bench.progress.line(`  ${round}/${rounds} ${side.name}: ${value} ${unit}`);
        }
      }
      failures.push(...((await prepared.check?.()) ?? []));
    } finally {
      await prepared.finish?.();
    }
  } catch (error) {
    // Whatever fails while everything is being stopped fails because of that.
    bench.signal.throwIfAborted();
    if (error instanceof Interrupted) throw error;
    failures.push(error instanceof Error ? error.message : String(error));
  }
  for (const failure of failures.slice(0, shownFailures)) bench.progress.line(`  FAILED: ${failure}`);
  if (failures.length > shownFailures) bench.progress.line(`  FAILED: ${failures.length} checks in all`);
  const sides = [...samples].map(([side, ofSide]) => summarizeSide(side.name, ofSide));
  const [first, second] = sides;
  const ratio = first && second ? summarizeRatio(first.values, second.values) : undefined;
  return { group, name, baseline, unit, target, sides, ratio, failures };
}

function summarizeSide(name: string, samples: readonly Sample[]): SideResult {
  const values = samples.map(({ value }) => value);
  return {
    name,
    values,
    summary: summarize(values),
    figures: medians(samples.map(({ figures }) => figures ?? {})),
    cpuUs: medians(samples.map(({ cpuUs }) => cpuUs ?? {})),
  };
}
