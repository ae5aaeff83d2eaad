import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Progress } from './progress.js';
import { StartError } from './start-error.js';

/** A program that comes from the system, not from npm. */
export interface SystemProgram {
  names: readonly string[];
  /** What the system's package managers call it. */
  debian: string;
  homebrew: string;
}

export const redisProgram: SystemProgram = {
  names: ['redis-server', 'valkey-server'],
  debian: 'redis-server',
  homebrew: 'redis',
};
/** For tests alone. */
export const pgbouncerProgram: SystemProgram = {
  names: ['pgbouncer'],
  debian: 'pgbouncer',
  homebrew: 'pgbouncer',
};
/** For the end-to-end tests of the pages. */
export const chromiumProgram: SystemProgram = {
  names: [
    'chromium',
    'chromium-browser',
    'google-chrome',
    'google-chrome-stable',
    'Google Chrome',
    'Chromium',
  ],
  debian: 'chromium',
  homebrew: 'chromium',
};
export const nginxProgram: SystemProgram = { names: ['nginx'], debian: 'nginx', homebrew: 'nginx' };

/** Servers often lie outside a user's PATH. */
const moreDirectories = [
  '/usr/sbin',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/opt/homebrew/bin',
  '/opt/homebrew/sbin',
  '/Applications/Google Chrome.app/Contents/MacOS',
  '/Applications/Chromium.app/Contents/MacOS',
];

export function findProgram(names: readonly string[], path: string | undefined): string | undefined {
  const directories = [...(path ?? '').split(delimiter).filter(Boolean), ...moreDirectories];
  for (const name of names) {
    const found = directories.map((directory) => join(directory, name)).find(isExecutable);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The paths of the programs, in the order asked; those that are missing are installed with the system's package manager.
 * @throws {StartError} saying what to install when that is not possible.
 */
export async function ensurePrograms(
  programs: readonly SystemProgram[],
  path: string | undefined,
  progress: Progress,
): Promise<string[]> {
  const missing = programs.filter((program) => findProgram(program.names, path) === undefined);
  if (missing.length > 0) await install(missing, path, progress);
  return programs.map((program) => {
    const found = findProgram(program.names, path);
    if (found === undefined) throw new StartError(whatToInstall([program]));
    return found;
  });
}

/**
 * Debian's packages start what they install and enable it for every boot, unless a policy forbids it: neither is wanted
 * here, and a server that is already there and running must not notice anything.
 */
const installWithApt = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends "$@"
if [ -d /run/systemd/system ]; then systemctl disable "$@" || true; fi
`;

async function install(
  programs: readonly SystemProgram[],
  path: string | undefined,
  progress: Progress,
): Promise<void> {
  const [command, args] = installCommand(programs, path);
  progress(
    `installing ${programs.map((program) => program.names[0]).join(' and ')} with ${process.platform === 'darwin' ? 'brew' : 'apt-get'}`,
  );
  const output = await run(command, args);
  if (output !== undefined) {
    process.stderr.write(`${output}\n`);
    throw new StartError(whatToInstall(programs));
  }
}

function installCommand(programs: readonly SystemProgram[], path: string | undefined): [string, string[]] {
  const brew = process.platform === 'darwin' ? findProgram(['brew'], path) : undefined;
  if (brew) return [brew, ['install', ...programs.map((program) => program.homebrew)]];
  if (findProgram(['apt-get'], path)) {
    const script = ['-c', installWithApt, 'install', ...programs.map((program) => program.debian)];
    if (process.getuid?.() === 0) return ['/bin/sh', script];
    const sudo = findProgram(['sudo'], path);
    if (sudo && spawnSync(sudo, ['-n', 'true']).status === 0) return [sudo, ['-n', '/bin/sh', ...script]];
  }
  throw new StartError(whatToInstall(programs));
}

function whatToInstall(programs: readonly SystemProgram[]): string {
  const names = programs.map((program) => program.names[0]).join(' and ');
  const command =
    process.platform === 'darwin'
      ? `brew install ${programs.map((program) => program.homebrew).join(' ')}`
      : `sudo apt-get install ${programs.map((program) => program.debian).join(' ')}`;
  return `Please install ${names} (${command}, or your system's way) and start again.`;
}

/** Undefined when it went well, else everything it said. */
function run(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const output: Buffer[] = [];
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => resolve(code === 0 ? undefined : Buffer.concat(output).toString()));
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
