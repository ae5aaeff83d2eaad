import { ConfigError } from '@leaderboard/shared/config';
import { mintToken } from '@leaderboard/shared/http/auth';
import { type LocalConfig, readTokenSettings } from '../config.js';
import { readIfPresent, readJson } from '../files.js';
import { dataPaths } from '../paths.js';

const tokenTtlSeconds = 7 * 24 * 3600;

/** Where a command sends to, and as whom. */
export interface Target {
  readonly url: string;
  /** May post for anybody. */
  readonly serverToken: string;
  readonly adminToken: string;
}

/**
 * The stack that runs in DATA_DIR, or the one at `--url`, whose JWT_SECRET must be set then.
 * @throws {ConfigError} one line that says what is missing
 */
export function findTarget({ dataDir, environment }: LocalConfig, url: string | undefined): Target {
  const paths = dataPaths(dataDir);
  const found = url ?? readJson<{ url: string }>(paths.stack)?.url;
  if (found === undefined) {
    throw new ConfigError('--url', 'is needed: no stack runs in DATA_DIR (npm start starts one)');
  }
  if (!URL.canParse(found) || !/^https?:$/.test(new URL(found).protocol)) {
    throw new ConfigError('--url', 'must be an http:// or https:// URL');
  }
  const kept = environment.JWT_SECRET?.trim() || readIfPresent(paths.jwtSecret)?.trim();
  const { JWT_SECRET } = readTokenSettings({ ...environment, JWT_SECRET: kept });
  const mint = (role: 'server' | 'admin') =>
    mintToken({ user_id: role, name: role, region: 'GLOBAL', role }, JWT_SECRET, tokenTtlSeconds);
  return { url: new URL(found).origin, serverToken: mint('server'), adminToken: mint('admin') };
}
