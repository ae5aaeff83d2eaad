import { appendFileSync, existsSync, rmSync } from 'node:fs';
import { readIfPresent, writeAtomically } from '../files.js';

export interface Reject {
  readonly line: number;
  /** The server's code, or `bad_line` for what was not even sent. */
  readonly code: string;
  readonly reason: string;
  /** The line as it stood in the file. */
  readonly text: string;
}

const longestText = 2_000;

/** The file of bad lines, one JSON object each. It is on disk before the state counts its lines as done. */
export class RejectFile {
  #waiting = '';

  constructor(private readonly path: string) {}

  /** Forgets what was rejected from this line on: it is read again. Returns how many are left. */
  begin(line: number): number {
    const kept = (readIfPresent(this.path) ?? '').split('\n').filter((text) => isBefore(text, line));
    if (kept.length > 0) writeAtomically(this.path, `${kept.join('\n')}\n`, 0o644);
    else if (existsSync(this.path)) rmSync(this.path);
    return kept.length;
  }

  add({ line, code, reason, text }: Reject): void {
    const shown = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
    this.#waiting += `${JSON.stringify({ line, code, reason, text: shown })}\n`;
  }

  flush(): void {
    if (this.#waiting === '') return;
    appendFileSync(this.path, this.#waiting);
    this.#waiting = '';
  }
}

function isBefore(text: string, line: number): boolean {
  try {
    return JSON.parse(text).line < line;
  } catch {
    return false;
  }
}
