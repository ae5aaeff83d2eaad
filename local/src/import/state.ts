import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { ConfigError } from '@leaderboard/shared/config';
import { readJson, writeJson } from '../files.js';
import type { Start } from './line-reader.js';

/** How far an import has come; kept beside the file. Everything before `offset` was acknowledged or rejected. */
export interface ImportState extends Start {
  /** Of the file's content and the game: what its event_ids are made of. */
  readonly id: string;
  readonly url: string;
  readonly done: boolean;
}

/** The same content gives the same id, wherever it lies. */
export async function importId(file: string, game: string | undefined): Promise<string> {
  const hash = createHash('sha256').update(`${game ?? ''}\n`);
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Buffer);
  return hash.digest('hex').slice(0, 20);
}

/**
 * Where to begin. @throws {ConfigError} when the kept state is that of another import: going on would skip lines, and
 * beginning anew would add to `incr` games what they have already.
 */
export function readState(path: string, id: string, url: string, restart: boolean): ImportState {
  const fresh = { id, url, offset: 0, number: 1, done: false };
  const kept = restart ? undefined : readJson<ImportState>(path);
  if (kept === undefined) return fresh;
  if (kept.url !== url)
    throw new ConfigError(path, `is the state of an import to ${kept.url}: --restart begins anew`);
  if (kept.id !== id) {
    throw new ConfigError(path, 'is the state of other content or another --game: --restart begins anew');
  }
  return kept;
}

export const saveState = (path: string, state: ImportState): void => writeJson(path, state);
