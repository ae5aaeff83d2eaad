import type { EchoSystem } from './echo/echo-system.js';
import type { Options } from './options.js';
import type { Platform } from './platform/platform.js';
import type { ScoreOffsets } from './population/score-offsets.js';
import type { Population } from './population/users.js';
import type { Progress } from './progress.js';

/** What every workload works with. */
export interface Bench {
  readonly options: Options;
  readonly platform: Platform;
  readonly echo: EchoSystem;
  readonly population: Population;
  readonly offsets: ScoreOffsets;
  /** For the load scripts (population/players.ts). */
  readonly playersFile: string;
  /** Paths of programs. */
  readonly wrk: string;
  readonly searchPath: string | undefined;
  readonly progress: Progress;
  /** Aborted when somebody wants all this to end. */
  readonly signal: AbortSignal;
  /** What ends processes at once, for somebody who does not want to wait for a clean stop. */
  readonly emergencyStops: Set<() => void>;
}
