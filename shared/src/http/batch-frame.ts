/**
 * How many requests travel in one between a gateway and a leaderboard-service, and their answers back.
 *
 *   frame := uint32 length of heads │ uint32 length of bodies │ heads: JSON [[head, body length], …] │ bodies, one after the other
 *
 * A body is bytes with a length, never text spliced into text: whatever it holds, it cannot become another item. A stream may
 * carry several frames, so that an answer need not wait for those that take longer.
 */

/** Between gateways and services; a gateway forwards nothing of it. */
export const internalPrefix = '/internal/';
/** Sends a batch to a service. */
export const batchPath = `${internalPrefix}batch`;
export const batchType = 'application/vnd.leaderboard.batch';

/** A request: method, path with query, and headers as name, value, name, value, …; lower-case names. */
export type RequestHead = readonly [method: string, path: string, headers: readonly string[]];

/** An answer: which of the requests it belongs to, status and headers. */
export type AnswerHead = readonly [at: number, status: number, headers: Readonly<Record<string, string>>];

export interface Framed<Head> {
  readonly head: Head;
  readonly body: Buffer;
}

/** It is no frame: nothing in it can be relied on. */
export class FrameError extends Error {
  override name = 'FrameError';
}

const prefixBytes = 8;

export function encodeFrame<Head>(items: readonly Framed<Head>[]): Buffer {
  const heads = Buffer.from(JSON.stringify(items.map(({ head, body }) => [head, body.length])));
  const bodiesBytes = items.reduce((total, { body }) => total + body.length, 0);
  const prefix = Buffer.allocUnsafe(prefixBytes);
  prefix.writeUInt32LE(heads.length, 0);
  prefix.writeUInt32LE(bodiesBytes, 4);
  return Buffer.concat([prefix, heads, ...items.map(({ body }) => body)]);
}

/** Takes a stream of frames in pieces, as they come. */
export class FrameDecoder<Head> {
  readonly #isHead: (value: unknown) => value is Head;
  readonly #maxBytes: number;
  #rest: Buffer = Buffer.alloc(0);

  /** @param maxBytes of one frame */
  constructor(isHead: (value: unknown) => value is Head, maxBytes: number) {
    this.#isHead = isHead;
    this.#maxBytes = maxBytes;
  }

  /** Whether the stream may end here. */
  get atBoundary(): boolean {
    return this.#rest.length === 0;
  }

  /** The items that are complete by now. @throws {FrameError} */
  push(chunk: Buffer): Framed<Head>[] {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const items: Framed<Head>[] = [];
    while (rest.length >= prefixBytes) {
      const headsEnd = prefixBytes + rest.readUInt32LE(0);
      const end = headsEnd + rest.readUInt32LE(4);
      if (end > this.#maxBytes) throw new FrameError(`a frame of ${end} bytes is too large`);
      if (rest.length < end) break;
      items.push(...this.#read(rest.subarray(prefixBytes, headsEnd), rest.subarray(headsEnd, end)));
      rest = rest.subarray(end);
    }
    this.#rest = rest;
    return items;
  }

  #read(heads: Buffer, bodies: Buffer): Framed<Head>[] {
    let at = 0;
    const items = parseHeads(heads).map((pair) => {
      if (!Array.isArray(pair)) throw new FrameError('a head has no length');
      const [head, length] = pair as [unknown, unknown];
      if (!this.#isHead(head) || !isLength(length)) throw new FrameError('a head cannot be read');
      const body = bodies.subarray(at, at + length);
      at += length;
      return { head, body };
    });
    if (at !== bodies.length) throw new FrameError('lengths and bodies differ');
    return items;
  }
}

function parseHeads(heads: Buffer): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(heads.toString());
  } catch {
    throw new FrameError('the heads are not JSON');
  }
  if (!Array.isArray(value)) throw new FrameError('the heads are no list');
  return value;
}

const isLength = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export function isRequestHead(value: unknown): value is RequestHead {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [method, path, headers] = value as unknown[];
  return (
    typeof method === 'string' &&
    typeof path === 'string' &&
    path.startsWith('/') &&
    Array.isArray(headers) &&
    headers.length % 2 === 0 &&
    headers.every((text) => typeof text === 'string')
  );
}

export function isAnswerHead(value: unknown): value is AnswerHead {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [at, status, headers] = value as unknown[];
  return isLength(at) && isLength(status) && typeof headers === 'object' && headers !== null;
}
