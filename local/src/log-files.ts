import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';

/** A log over this is copied to `<name>.log.1` and begun anew. */
const capBytes = 64 * 1024 * 1024;
const checkEveryMs = 10_000;

/** The logs of a stack's processes, one file each, bounded. */
export class LogFiles {
  readonly #directory: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
    this.#cap();
    this.#timer = setInterval(() => this.#cap(), checkEveryMs).unref();
  }

  path(name: string): string {
    return join(this.#directory, `${name}.log`);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Every writer appends, so a file can be emptied under it. */
  #cap(): void {
    if (!existsSync(this.#directory)) return;
    for (const name of readdirSync(this.#directory)) {
      const path = join(this.#directory, name);
      if (!name.endsWith('.log') || statSync(path).size < capBytes) continue;
      copyFileSync(path, `${path}.1`);
      truncateSync(path);
    }
  }
}

export function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

/** What was written to a log since it had `fromByte` bytes, 8 KiB of it at most. */
export function readSince(path: string, fromByte: number): string {
  if (!existsSync(path)) return '';
  const size = statSync(path).size;
  const start = Math.max(Math.min(fromByte, size), size - 8192);
  const buffer = Buffer.alloc(size - start);
  const file = openSync(path, 'r');
  try {
    return buffer.subarray(0, readSync(file, buffer, 0, buffer.length, start)).toString();
  } finally {
    closeSync(file);
  }
}
