import { relative } from 'node:path';
import { ConfigError } from '@leaderboard/shared/config';
import { readLocalConfig } from './config.js';
import { showProgress } from './progress.js';
import { Stack } from './running-stack.js';
import { StartError } from './start-error.js';

/** `npm start`: the whole system in the foreground, until Ctrl-C or SIGTERM. */
await main();

async function main(): Promise<void> {
  try {
    const stack = new Stack(readLocalConfig(), showProgress);
    stopOnSignals(stack);
    await stack.start();
    process.stdout.write(welcome(stack));
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  }
}

/**
 * npm passes a signal on to us that the terminal has sent us already: a second one counts as impatience only when it
 * comes later.
 */
function stopOnSignals(stack: Stack): void {
  let firstAt: number | undefined;
  const stop = async (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (firstAt !== undefined) {
      if (now - firstAt < 500) return;
      showProgress('ending everything at once');
      stack.stopNow();
      return;
    }
    firstAt = now;
    showProgress(`${signal}: stopping (again to force)`);
    await stack.stop();
    showProgress('stopped');
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal));
  // A closed terminal must not end us before everything is stopped.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  const crash = async (error: unknown) => {
    process.stderr.write(`${explain(error)}\n`);
    await stack.stop();
    process.exit(1);
  };
  process.on('uncaughtException', (error) => void crash(error));
}

function explain(error: unknown): string {
  if (error instanceof ConfigError || error instanceof StartError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function welcome(stack: Stack): string {
  const urls = (role: 'gateway' | 'service') =>
    stack
      .byRole(role)
      .map((child) => child.spec.url)
      .join('  ');
  const postgres = stack.byRole('postgres')[0];
  const psql = postgres
    ? `PGPASSFILE=${relative(process.cwd(), stack.paths.pgpass)} psql -h 127.0.0.1 -p ${new URL(postgres.spec.url).port} -U postgres leaderboard_global`
    : 'POSTGRES_URL as given';
  return `
The leaderboard is ready:

  NGINX      ${stack.url}
  gateways   ${urls('gateway')}
  services   ${urls('service')}
  Redis      ${stack.redisUrl.replace(/\/\/.*@/, '//')}
  Postgres   ${psql}
  files      ${relative(process.cwd(), stack.config.dataDir) || '.'}/ (logs/, stack.json)

Try it:

  curl -s ${stack.url}/auth/register -H 'content-type: application/json' \\
    -d '{"user_id":"ada","name":"Ada","region":"EU","initialScore":100}'
  curl -s '${stack.url}/top?limit=10'

Ctrl-C stops everything.
`;
}
