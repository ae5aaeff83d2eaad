import { chmodSync, lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataPaths, dataPaths } from './paths.js';
import { removePostgresHome } from './postgres-home.js';
import { ProcessRecord } from './process-record.js';

const prefix = 'leaderboard-test-';

/** A DATA_DIR that nobody will miss. */
export function makeTemporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), prefix));
  // Postgres may run as another user, who must get through.
  chmodSync(directory, 0o711);
  return directory;
}

export function removeDataDirectory(paths: DataPaths): void {
  removePostgresHome(paths.postgres);
  rmSync(paths.root, { recursive: true, force: true });
}

/** Ends the processes and removes the data of tests that were killed. Those of live ones stay. */
export async function sweepAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(prefix))) {
    const paths = dataPaths(join(tmpdir(), name));
    const record = new ProcessRecord(paths);
    if (!isOurs(paths.root) || !record.exists() || record.liveRunner() !== undefined) continue;
    await record.endLeftovers();
    removeDataDirectory(paths);
  }
}

function isOurs(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.();
}
