import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensurePrograms, type SystemProgram } from '@leaderboard/local/packages';
import type { Progress } from '@leaderboard/local/progress';
import { parseWrkOutput, type WrkResult } from './wrk-result.js';

export const wrkProgram: SystemProgram = { names: ['wrk'], debian: 'wrk', homebrew: 'wrk' };

/** The path of wrk. @throws {StartError} saying what to install when it is not there and cannot be installed. */
export async function ensureWrk(path: string | undefined, progress: Progress): Promise<string> {
  const [program = ''] = await ensurePrograms([wrkProgram], path, progress);
  return program;
}

export interface Load {
  /** A file of bench/wrk. */
  script: string;
  args: readonly string[];
  connections: number;
  seconds: number;
}

/** Longer than any answer of the platform takes: a timeout is a failure. */
const timeoutSeconds = 10;

/** Sends requests to a server for some seconds, from a process of its own with one thread. */
export async function runWrk(
  program: string,
  url: string,
  { script, args, connections, seconds }: Load,
  signal: AbortSignal,
): Promise<WrkResult> {
  signal.throwIfAborted();
  const scriptFile = fileURLToPath(new URL(`../../wrk/${script}`, import.meta.url));
  const settings = [`-t1`, `-c${connections}`, `-d${seconds}s`, `--timeout=${timeoutSeconds}s`];
  const child = spawn(program, [...settings, '-s', scriptFile, url, '--', ...args], {
    // In a process group of its own, so that a Ctrl-C reaches only us.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  try {
    await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
  } finally {
    signal.removeEventListener('abort', kill);
  }
  signal.throwIfAborted();
  return parseWrkOutput(output);
}
