import { type DisposableServer, startDisposable } from './disposable-server.js';
import { findProgram, redisProgram } from './packages.js';
import { redisServer, redisUrl, whyRedisNotReady } from './redis-server.js';

export interface DisposableRedis extends DisposableServer {
  readonly url: string;
}

/** A Redis of its own for one test file, configured as the shipped one. */
export async function startDisposableRedis(path: string | undefined): Promise<DisposableRedis> {
  const program = findProgram(redisProgram.names, path);
  if (program === undefined)
    throw new Error('redis-server is not installed: run npm test, which installs it');
  const server = await startDisposable({
    basePort: 17_000,
    spec: ({ root, redis }, port) =>
      redisServer({ program, port, directory: redis, logFile: `${root}/redis.log` }),
    whyNot: whyRedisNotReady,
  });
  return { ...server, url: redisUrl(server.port) };
}
