import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { readLocalConfig, setDefaults } from './config.js';
import { readJson } from './files.js';
import { dataPaths, inRepository } from './paths.js';

/**
 * Runs a command of another package (`node local/run.mjs queue --json`), with the addresses and the secret of the stack
 * that runs in DATA_DIR, so that nobody has to repeat them. Variables that are set win; one that names a store means
 * other stores altogether, and then nothing is taken from the stack.
 */
const commands: Readonly<Record<string, string>> = {
  queue: 'worker-service/dist/commands/queue.js',
  verify: 'worker-service/dist/commands/verify.js',
  rebuild: 'worker-service/dist/commands/rebuild.js',
  monitor: 'worker-service/dist/commands/monitor.js',
  simulate: 'local/dist/simulate/main.js',
  import: 'local/dist/import/main.js',
  bench: 'bench/dist/main.js',
  'test-faults': 'e2e/dist/faults/main.js',
};

await main();

async function main(): Promise<void> {
  const [command = '', ...args] = process.argv.slice(2);
  const script = inRepository(commands[command] ?? '');
  if (!Object.hasOwn(commands, command) || !existsSync(script)) {
    process.stderr.write(
      `There is no command "${command}". Known are ${Object.keys(commands).join(', ')}.\n`,
    );
    process.exit(1);
  }
  const { dataDir, environment } = readLocalConfig();
  const elsewhere = ['REDIS_URL', 'POSTGRES_URL', 'PGHOST'].some((name) => environment[name]);
  if (!elsewhere) setDefaults(readJson<Record<string, string>>(dataPaths(dataDir).environment) ?? {});
  process.argv.splice(1, process.argv.length - 1, script, ...args);
  await import(pathToFileURL(script).href);
}
