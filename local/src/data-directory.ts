import { mkdirSync } from 'node:fs';
import { ConfigError } from '@leaderboard/shared/config';
import type { LocalConfig } from './config.js';
import { whyNotFree } from './ports.js';
import type { ProcessRecord } from './process-record.js';
import type { Progress } from './progress.js';

/**
 * Checks that this process may become the runner of DATA_DIR, and ends what a killed one has left in it.
 * @throws {ConfigError} when another runner lives there, or PORT is taken.
 */
export async function takeDataDirectory(
  { dataDir, port }: LocalConfig,
  record: ProcessRecord,
  progress: Progress,
): Promise<void> {
  mkdirSync(dataDir, { recursive: true });
  const runner = record.liveRunner();
  if (runner === undefined) {
    const ended = await record.endLeftovers();
    if (ended.length > 0) progress(`ended what an earlier start had left running: ${ended.join(', ')}`);
  }
  const whyNot = await whyNotFree(port);
  if (whyNot === 'EACCES') throw new ConfigError('PORT', `${port} may not be used without more rights`);
  if (runner !== undefined) {
    const both = whyNot !== undefined;
    const advice = 'npm run stop ends it; a second one needs a PORT and a DATA_DIR of its own';
    throw new ConfigError(
      both ? 'PORT and DATA_DIR' : 'DATA_DIR',
      `${both ? 'are' : 'is'} in use by a running stack (pid ${runner}): ${advice}`,
    );
  }
  if (whyNot !== undefined) {
    const advice = `choose another, PORT=${port + 1} npm start`;
    throw new ConfigError('PORT', `${port} is taken by another program: ${advice}`);
  }
}
