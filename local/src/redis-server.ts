import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { ConfigError } from '@leaderboard/shared/config';
import type { ProcessSpec } from './child-process.js';
import { inRepository } from './paths.js';
import { StartError } from './start-error.js';

export interface RedisServerOptions {
  program: string;
  port: number;
  directory: string;
  logFile: string;
}

export function redisUrl(port: number): string {
  return `redis://127.0.0.1:${port}`;
}

/** A Redis with the settings that docker-compose.yml uses, on loopback. */
export function redisServer({ program, port, directory, logFile }: RedisServerOptions): ProcessSpec {
  checkVersion(program);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return {
    name: 'redis',
    role: 'redis',
    url: redisUrl(port),
    command: program,
    args: [
      inRepository('redis', 'redis.conf'),
      '--bind',
      '127.0.0.1',
      '--port',
      String(port),
      '--dir',
      directory,
    ],
    env: {},
    stopSignal: 'SIGTERM',
    logFile,
    goesFirst: true,
  };
}

/** Why it cannot serve yet: while it loads its file it answers -LOADING. */
export function whyRedisNotReady(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1000 }, () => socket.write('PING\r\n'));
    const end = (reason: string | undefined) => {
      socket.destroy();
      resolve(reason);
    };
    socket.once('data', (reply) =>
      end(reply.toString().startsWith('+PONG') ? undefined : reply.toString().trim()),
    );
    socket.once('timeout', () => end('it does not answer'));
    socket.once('error', (error) => end(error.message));
  });
}

/** @throws {ConfigError} when nobody listens there. The processes find out the rest. */
export function checkReachable(variable: string, url: string, defaultPort: number): Promise<void> {
  const { hostname, port } = new URL(url);
  const address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || defaultPort };
  return new Promise((resolve, reject) => {
    const socket = connect({ ...address, timeout: 3000 }, () => {
      socket.destroy();
      resolve();
    });
    const fail = (reason: string) => {
      socket.destroy();
      reject(new ConfigError(variable, `cannot be reached at ${address.host}:${address.port}: ${reason}`));
    };
    socket.once('timeout', () => fail('no answer'));
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
  });
}

/** Script flags (`allow-oom`) need Redis 7. */
function checkVersion(program: string): void {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  const version = /v=(\d+)\.(\S+)/.exec(stdout ?? '');
  if (version && Number(version[1]) < 7) {
    throw new StartError(
      `Redis 7 or newer is needed, ${program} is ${version[1]}.${version[2]}: see https://redis.io/docs/latest/operate/oss_and_stack/install/ or set REDIS_URL.`,
    );
  }
}
