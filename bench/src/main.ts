import { StartError } from '@leaderboard/local/start-error';
import { ConfigError } from '@leaderboard/shared/config';
import { Interrupted, interruptible } from '@leaderboard/shared/interruption';
import { parseGrowthOptions } from './growth/options.js';
import { printCapacity } from './growth/print-capacity.js';
import { runGrowth } from './growth/run-growth.js';
import { parseOptions, UsageError } from './options.js';
import { createProgress } from './progress.js';
import { runBench } from './run-bench.js';

/** `npm run bench`: ends with 0, with 1 when something was wrong with what was measured, with 130 when interrupted. */
await main();

async function main(): Promise<void> {
  const progress = createProgress(process.stderr);
  const emergencyStops = new Set<() => void>();
  try {
    const signal = interruptible(() => {
      progress.line('ending everything at once');
      for (const stop of emergencyStops) stop();
      process.exit(130);
    });
    signal.addEventListener('abort', () => progress.line('stopping (again to force)'));
    const [kind, ...args] = process.argv.slice(2);
    if (kind === 'growth') {
      await runGrowth(parseGrowthOptions(args), progress, signal);
      return;
    }
    if (kind === 'capacity') {
      printCapacity(args);
      return;
    }
    const options = parseOptions(process.argv.slice(2));
    process.exitCode = (await runBench(options, progress, signal, emergencyStops)) ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = error instanceof Interrupted ? 130 : 1;
  }
}

function explain(error: unknown): string {
  const ours = [UsageError, StartError, ConfigError, Interrupted].some((kind) => error instanceof kind);
  if (ours) return (error as Error).message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
