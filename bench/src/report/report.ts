import type { WorkloadResult } from '../measure/run-workload.js';
import type { Options } from '../options.js';
import type { Machine } from './machine.js';

/** What results/latest.json holds. */
export interface Report {
  machine: Machine;
  options: Options;
  results: readonly WorkloadResult[];
}
