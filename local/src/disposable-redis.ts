import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SupervisedProcess } from './child-process.js';
import { findProgram, redisProgram } from './packages.js';
import { PortReservations } from './ports.js';
import { redisServer, redisUrl, whyRedisNotReady } from './redis-server.js';

export interface DisposableRedis {
  readonly url: string;
  readonly process: SupervisedProcess;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

/** A Redis of its own for one test file, configured as the shipped one, on a free port. */
export async function startDisposableRedis(path: string | undefined): Promise<DisposableRedis> {
  const program = findProgram(redisProgram.names, path);
  if (program === undefined)
    throw new Error('redis-server is not installed: run npm test, which installs it');
  const directory = mkdtempSync(join(tmpdir(), 'leaderboard-redis-'));
  const ports = new PortReservations();
  const port = await ports.reserveFrom(17_000);
  const spec = redisServer({ program, port, directory, logFile: join(directory, 'redis.log') });
  const process = new SupervisedProcess(spec, () => {});
  process.start();
  await process.until(() => whyRedisNotReady(port), 10_000);
  process.confirm();
  return {
    url: redisUrl(port),
    process,
    async remove() {
      await process.stop();
      ports.release();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
