import { parseArgs } from 'node:util';
import { ConfigError } from '@leaderboard/shared/config';
import { mintToken, type Role } from '@leaderboard/shared/http/auth';
import { runMain } from '@leaderboard/shared/lifecycle';
import { readLocalConfig, readTokenSettings } from './config.js';
import { readIfPresent, readJson } from './files.js';
import { dataPaths } from './paths.js';

/**
 * `npm run token -- --role server`: prints a token, signed with JWT_SECRET, or with the secret of the stack in DATA_DIR.
 * Options: --role player|server|admin, --user-id, --name, --region, --ttl-seconds.
 */
const roles: readonly string[] = ['player', 'server', 'admin'] satisfies Role[];

await runMain(async () => {
  const options = readOptions();
  const role = options.role ?? 'server';
  if (!roles.includes(role)) throw new ConfigError('--role', `must be one of ${roles.join(', ')}`);
  const userId = options['user-id'] ?? (role === 'player' ? undefined : role);
  if (userId === undefined) throw new ConfigError('--user-id', 'is needed for a player');
  const { JWT_SECRET, TOKEN_TTL_SECONDS } = secretAndTtl(options['ttl-seconds']);
  const caller = {
    user_id: userId,
    name: options.name ?? userId,
    region: (options.region ?? 'GLOBAL').toUpperCase(),
    role: role as Role,
  };
  process.stdout.write(`${mintToken(caller, JWT_SECRET, TOKEN_TTL_SECONDS)}\n`);
});

function readOptions() {
  const option = { type: 'string' } as const;
  const options = { role: option, 'user-id': option, name: option, region: option, 'ttl-seconds': option };
  try {
    return parseArgs({ options, args: process.argv.slice(2).filter((argument) => argument !== '--') }).values;
  } catch (error) {
    throw new ConfigError('options:', (error as Error).message);
  }
}

function secretAndTtl(ttlSeconds: string | undefined) {
  const { dataDir, environment } = readLocalConfig();
  const paths = dataPaths(dataDir);
  const running = readJson<Record<string, string>>(paths.environment)?.JWT_SECRET;
  const JWT_SECRET = environment.JWT_SECRET?.trim() || running || readIfPresent(paths.jwtSecret)?.trim();
  return readTokenSettings({
    ...environment,
    JWT_SECRET,
    ...(ttlSeconds !== undefined && { TOKEN_TTL_SECONDS: ttlSeconds }),
  });
}
