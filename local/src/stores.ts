import type { LocalConfig } from './config.js';
import { keptSecret, writeAtomically } from './files.js';
import type { LogFiles } from './log-files.js';
import type { DataPaths } from './paths.js';
import type { PortReservations } from './ports.js';
import {
  checkPostgres,
  type PostgresAddress,
  parsePostgresUrl,
  postgresServer,
  postgresUser,
  whyPostgresNotReady,
} from './postgres-server.js';
import type { ProcessSet } from './process-set.js';
import { checkReachable, redisServer, redisUrl, whyRedisNotReady } from './redis-server.js';

/** The two stores of a stack: ours, or existing ones when the configuration names them. */
export interface StoreParts {
  config: LocalConfig;
  paths: DataPaths;
  logs: LogFiles;
  ports: PortReservations;
  processes: ProcessSet;
  /** Its data will not be kept. */
  throwaway: boolean;
}

const readyWithinMs = 60_000;

/** Returns its URL. @throws {ConfigError | StartError} */
export async function startRedis(parts: StoreParts, program: string): Promise<string> {
  const { config, paths, logs, ports, processes } = parts;
  if (config.redisUrl !== undefined) {
    // The processes find out which nodes of a cluster can be reached.
    if (!config.redisUrl.includes(',')) await checkReachable('REDIS_URL', config.redisUrl, 6379);
    return config.redisUrl;
  }
  const port = await ports.reserveFrom(6379);
  const spec = redisServer({ program, port, directory: paths.redis, logFile: logs.path('redis') });
  await processes.launch(spec, () => whyRedisNotReady(port), readyWithinMs);
  return redisUrl(port);
}

/** @throws {ConfigError | StartError} */
export async function startPostgres(parts: StoreParts): Promise<PostgresAddress> {
  const { config, paths, logs, ports, processes, throwaway } = parts;
  if (config.postgresUrl !== undefined) {
    const existing = parsePostgresUrl(config.postgresUrl);
    await checkPostgres(existing);
    return existing;
  }
  const port = await ports.reserveFrom(5432);
  const password = keptSecret(paths.postgresPassword);
  const logFile = logs.path('postgres');
  const spec = await postgresServer({ directory: paths.postgres, port, password, logFile, throwaway });
  const address = { host: '127.0.0.1', port, user: postgresUser, password };
  await processes.launch(spec, () => whyPostgresNotReady(address), readyWithinMs);
  writeAtomically(paths.pgpass, `127.0.0.1:${port}:*:${postgresUser}:${password}\n`);
  return address;
}
