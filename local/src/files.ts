import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Replaces a file in one step: a reader sees the old text or the new one, never a part. */
export function writeAtomically(path: string, text: string, mode = 0o600): void {
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, text, { mode });
  renameSync(draft, path);
}

export function writeJson(path: string, value: unknown): void {
  writeAtomically(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** The file's text, or undefined when there is none. */
export function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The file's JSON; undefined when there is none or it is broken. The caller vouches for its shape: we wrote it. */
export function readJson<Value>(path: string): Value | undefined {
  try {
    return JSON.parse(readIfPresent(path) ?? '') as Value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A secret that is made at the first start and kept, readable for this user only. */
export function keptSecret(path: string): string {
  const kept = readIfPresent(path)?.trim();
  if (kept) return kept;
  const made = randomBytes(36).toString('base64url');
  writeAtomically(path, `${made}\n`);
  return made;
}
