import type { WatchedBoard } from './watched-board.js';

/** Something that is told to everybody who watches: the bytes are made once, on first use, whoever they go to. */
export interface Frame {
  /** An event of a stream. */
  readonly sse: Buffer;
  /** The text of a WebSocket message. */
  readonly ws: Buffer;
}

export type FrameType = 'snapshot' | 'self' | 'passed' | 'stale';

/** @param data a JSON object on one line */
export function createFrame(board: WatchedBoard, type: FrameType, data: string, id?: string): Frame {
  let sse: Buffer | undefined;
  let ws: Buffer | undefined;
  return {
    get sse() {
      const idLine = id === undefined ? '' : `id: ${id}\n`;
      sse ??= Buffer.from(`event: ${type}\n${idLine}data: ${data}\n\n`);
      return sse;
    },
    get ws() {
      const fields = data === '{}' ? '}' : `,${data.slice(1)}`;
      ws ??= Buffer.from(`{"type":"${type}","board":${JSON.stringify(board)}${fields}`);
      return ws;
    },
  };
}

export const streamHead = Buffer.from('retry: 2000\n\n');
export const heartbeat = Buffer.from(': hb\n\n');
export const byeEvent = (retryMs: number): string =>
  `event: bye\nretry: ${retryMs}\ndata: ${JSON.stringify({ retry_ms: retryMs })}\n\n`;
