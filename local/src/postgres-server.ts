import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '@leaderboard/shared/config';
import pg from 'pg';
import type { ProcessSpec } from './child-process.js';
import { readIfPresent } from './files.js';
import { type PostgresHome, postgresHome } from './postgres-home.js';
import { StartError } from './start-error.js';

/** How to connect to a server; a database is named by whoever connects. */
export interface PostgresAddress {
  host: string;
  port: number;
  user: string;
  password: string;
  /** As in a connection string: `require`, … */
  sslMode?: string;
}

export const postgresUser = 'postgres';

export function postgresUrl(
  { host, port, user, password, sslMode }: PostgresAddress,
  database: string,
): string {
  const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  const name = host.includes(':') ? `[${host}]` : host;
  return `postgresql://${credentials}@${name}:${port}/${database}${sslMode ? `?sslmode=${sslMode}` : ''}`;
}

export function parsePostgresUrl(url: string): PostgresAddress {
  const parsed = new URL(url);
  const sslMode = parsed.searchParams.get('sslmode');
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port) || 5432,
    user: decodeURIComponent(parsed.username) || postgresUser,
    password: decodeURIComponent(parsed.password),
    ...(sslMode && { sslMode }),
  };
}

/** The variables that libpq, `pg` and our worker read. */
export function postgresEnvironment({
  host,
  port,
  user,
  password,
  sslMode,
}: PostgresAddress): Record<string, string> {
  return {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    ...(sslMode && { PGSSLMODE: sslMode }),
  };
}

export interface PostgresServerOptions {
  /** DATA_DIR/postgres. */
  directory: string;
  port: number;
  password: string;
  logFile: string;
  /** Skip waiting for the disk while the cluster is made: for data that will not be kept. */
  throwaway: boolean;
}

/** A Postgres on loopback with its data in `directory`, which is made when there is none. */
export async function postgresServer(options: PostgresServerOptions): Promise<ProcessSpec> {
  const home = await postgresHome(options.directory);
  const data = join(home.directory, 'data');
  if (!existsSync(data)) makeCluster(home, data, options);
  const address = { host: '127.0.0.1', port: options.port, user: postgresUser, password: options.password };
  const settings = {
    port: options.port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] %d ',
  };
  return {
    name: 'postgres',
    role: 'postgres',
    url: postgresUrl(address, 'postgres'),
    command: home.postgres,
    args: ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    env: { LC_ALL: 'C' },
    cwd: '/',
    ...(home.user && { user: home.user }),
    // Fast: ends open transactions instead of waiting for their clients.
    stopSignal: 'SIGINT',
    logFile: options.logFile,
    prepare: () => forgetStrangersPid(data),
  };
}

/** @throws {ConfigError} naming POSTGRES_URL. */
export async function checkPostgres(address: PostgresAddress): Promise<void> {
  const reason = await whyPostgresNotReady(address);
  if (reason === undefined) return;
  throw new ConfigError('POSTGRES_URL', `cannot be used at ${address.host}:${address.port}: ${reason}`);
}

/** Why it takes no connection with this address. */
export async function whyPostgresNotReady(address: PostgresAddress): Promise<string | undefined> {
  const client = new pg.Client({
    connectionString: postgresUrl(address, 'postgres'),
    connectionTimeoutMillis: 3000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return undefined;
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return message || code || 'no answer';
  } finally {
    await client.end().catch(() => {});
  }
}

/** In a directory of its own first, so that one that was interrupted is never taken for a whole one. */
function makeCluster(home: PostgresHome, data: string, { password, throwaway }: PostgresServerOptions): void {
  const draft = `${data}.new`;
  const passwordFile = join(home.directory, 'password.new');
  rmSync(draft, { recursive: true, force: true });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (home.user) chownSync(passwordFile, home.user.uid, home.user.gid);
  const args = [
    '--pgdata',
    draft,
    '--username',
    postgresUser,
    '--pwfile',
    passwordFile,
    '--auth',
    'scram-sha-256',
  ];
  const plain = [
    '--encoding',
    'UTF8',
    '--locale',
    'C',
    '--no-instructions',
    ...(throwaway ? ['--no-sync'] : []),
  ];
  const made = spawnSync(home.initdb, [...args, ...plain], {
    ...home.user,
    cwd: '/',
    env: { LC_ALL: 'C' },
    encoding: 'utf8',
  });
  rmSync(passwordFile);
  if (made.status !== 0) {
    throw new StartError(`Postgres' initdb failed: ${(made.error?.message ?? made.stderr).trim()}`);
  }
  renameSync(draft, data);
}

/**
 * A killed Postgres leaves its pid file. It clears that by itself, unless another program has got its pid by now (in
 * a container they are given out anew): then it would wait for a stranger to end.
 */
function forgetStrangersPid(data: string): void {
  const file = join(data, 'postmaster.pid');
  const pid = readIfPresent(file)?.split('\n', 1)[0];
  if (!pid || process.platform !== 'linux' || !existsSync(`/proc/${pid}`)) return;
  try {
    if (readFileSync(`/proc/${pid}/comm`, 'utf8').trim() !== 'postgres') rmSync(file);
  } catch {
    // It has just gone.
  }
}
