import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from '@leaderboard/shared/config';
import { gamePattern } from '@leaderboard/shared/contracts/fields';
import { interruptible } from '@leaderboard/shared/interruption';
import { runMain } from '@leaderboard/shared/lifecycle';
import { count, duration, ProgressDisplay } from '../bulk/progress-display.js';
import { findTarget } from '../bulk/target.js';
import { readLocalConfig } from '../config.js';
import { readOptions } from '../options.js';
import { importFile } from './import-file.js';

/** `npm run import -- FILE`: loads existing scores; see docs/tools.md. */
await runMain(async () => {
  const option = { type: 'string' } as const;
  const { values, positionals } = readOptions(
    {
      game: option,
      format: option,
      url: option,
      rejects: option,
      state: option,
      restart: { type: 'boolean' },
    },
    process.argv.slice(2),
  );
  const [given] = positionals;
  if (given === undefined || positionals.length > 1)
    throw new ConfigError('FILE', 'is needed: npm run import -- FILE');
  const file = resolve(given);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new ConfigError(given, 'is no file');
  if (values.game !== undefined && !new RegExp(gamePattern).test(values.game)) {
    throw new ConfigError('--game', 'is no name of a game');
  }
  const rejects = resolve(values.rejects ?? `${file}.rejects.ndjson`);
  const display = new ProgressDisplay();
  const report = await importFile({
    file,
    format: formatOf(values.format, file),
    game: values.game,
    rejects,
    state: resolve(values.state ?? `${file}.import.json`),
    restart: values.restart ?? false,
    target: findTarget(readLocalConfig(), values.url),
    display,
    signal: interruptible(() => process.exit(130)),
  });
  const { done, imported, replayed, rejected, seconds } = report;
  const again = replayed > 0 ? `, ${count(replayed)} of them known already` : '';
  const speed = seconds > 1 ? ` (${count(imported / seconds)} rows/s)` : '';
  process.stdout.write(`${count(imported)} rows imported in ${duration(seconds)}${speed}${again}\n`);
  if (rejected > 0) process.stdout.write(`${count(rejected)} lines rejected: ${rejects}\n`);
  if (done) process.stdout.write('The whole file is imported.\n');
  else process.stdout.write('Interrupted: the same command goes on from here.\n');
  if (!done) process.exitCode = 130;
});

function formatOf(format: string | undefined, file: string): 'csv' | 'ndjson' {
  const found = format ?? (/\.(ndjson|jsonl|json)$/i.test(file) ? 'ndjson' : 'csv');
  if (found !== 'csv' && found !== 'ndjson') throw new ConfigError('--format', 'must be csv or ndjson');
  return found;
}
