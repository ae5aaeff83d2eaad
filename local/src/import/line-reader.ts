import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';

/** One line of a file, without its end. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Where the next line begins. */
  readonly end: number;
  /** Undefined: too long, or not UTF-8; `problem` says which. */
  readonly text: string | undefined;
  readonly problem?: string;
}

export interface Start {
  /** Byte at which a line begins, and that line's number. */
  readonly offset: number;
  readonly number: number;
}

const chunkBytes = 1024 * 1024;
const longestLineBytes = 64 * 1024;
const newline = 0x0a;

/**
 * The lines of a file from a place on. A row is a line: no field of a score may contain a line break, so a broken quote
 * spoils its own line and no other.
 */
export async function* readLines(file: string, { offset, number }: Start): AsyncGenerator<Line[]> {
  let rest: Buffer = Buffer.alloc(0);
  let restBytes = 0;
  let at = offset;
  let next = number;

  const line = (bytes: Buffer, length: number, lastsWith: number): Line => {
    at += length + lastsWith;
    const one = { number: next, end: at };
    next += 1;
    if (length > longestLineBytes) return { ...one, text: undefined, problem: 'the line is too long' };
    if (!isUtf8(bytes)) return { ...one, text: undefined, problem: 'the line is not UTF-8' };
    const text = bytes.toString();
    const clean = one.number === 1 ? text.replace(/^\uFEFF/, '') : text;
    return { ...one, text: clean.endsWith('\r') ? clean.slice(0, -1) : clean };
  };

  for await (const chunk of createReadStream(file, { start: offset, highWaterMark: chunkBytes })) {
    const data = chunk as Buffer;
    const lines: Line[] = [];
    let from = 0;
    for (let end = data.indexOf(newline); end !== -1; end = data.indexOf(newline, from)) {
      const bytes =
        restBytes > 0 ? Buffer.concat([rest, data.subarray(from, end)]) : data.subarray(from, end);
      lines.push(line(bytes, restBytes + end - from, 1));
      rest = Buffer.alloc(0);
      restBytes = 0;
      from = end + 1;
    }
    const tail = data.subarray(from);
    restBytes += tail.length;
    // Of a line that is too long only the beginning is kept.
    if (rest.length <= longestLineBytes) rest = Buffer.concat([rest, tail]);
    if (lines.length > 0) yield lines;
  }
  if (restBytes > 0) yield [line(rest, restBytes, 0)];
}
