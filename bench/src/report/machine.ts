import { spawnSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { findProgram, nginxProgram } from '@leaderboard/local/packages';
import type { Bench } from '../bench.js';
import { median } from '../measure/statistics.js';

/** What figures depend on, and nothing that names a machine. */
export interface Machine {
  date: string;
  cores: number;
  cpu: string;
  memoryGb: number;
  system: string;
  node: string;
  redis: string;
  postgres: string;
  nginx: string;
  wrk: string;
  /** Where the data lies; a write that is "on disk" in memory says nothing. */
  fileSystem: string;
  /** Median of small appends, each followed by fsync. */
  fsyncUs: number;
  /** Of the last minute, when the measurements began: what else runs here. */
  load: number;
}

/** Magic numbers of statfs(2). */
const fileSystems: Readonly<Record<number, string>> = {
  61267: 'ext',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  16914836: 'tmpfs',
  2035054128: 'overlay',
  801189825: 'zfs',
};

export async function describeMachine({ platform: system, searchPath, wrk }: Bench): Promise<Machine> {
  const [processor] = cpus();
  const root = system.stack.paths.root;
  const nginx = findProgram(nginxProgram.names, searchPath) ?? '';
  return {
    date: new Date().toISOString(),
    cores: cpus().length,
    cpu: processor?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    redis: await redisVersion(system),
    postgres: await postgresVersion(system),
    nginx: versionIn(nginx, ['-v']),
    wrk: versionIn(wrk, ['-v']),
    fileSystem: fileSystems[statfsSync(root).type] ?? 'unknown',
    fsyncUs: Math.round(measureFsync(join(root, 'fsync-probe'))),
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

async function redisVersion({ redis }: Bench['platform']): Promise<string> {
  const info = String(await redis.all()[0]?.send(['INFO', 'server']));
  return /^(?:valkey|redis)_version:(\S+)/m.exec(info)?.[1] ?? 'unknown';
}

async function postgresVersion({ databases, shards }: Bench['platform']): Promise<string> {
  const { rows } = await databases
    .of(shards.regions[0] ?? '')
    .query<{ server_version: string }>('SHOW server_version');
  return rows[0]?.server_version ?? 'unknown';
}

/** The first number with a point in it that a program says of itself. */
function versionIn(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return /\d+\.\d+[\w.]*/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown';
}

function measureFsync(path: string): number {
  const file = openSync(path, 'a');
  try {
    const text = 'x'.repeat(200);
    const times = Array.from({ length: 100 }, () => {
      const startedAt = performance.now();
      writeSync(file, text);
      fsyncSync(file);
      return (performance.now() - startedAt) * 1000;
    });
    return median(times);
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
