import { createHash } from 'node:crypto';
import type { Row } from '@leaderboard/shared/contracts/rankings';
import { createFrame, type Frame } from './frame.js';
import type { WatchedBoard } from './watched-board.js';

/** A board as one read found it. */
export interface Snapshot {
  /** Made of the content: the same at every gateway. */
  readonly id: string;
  readonly total: number;
  readonly rows: readonly Row[];
  readonly frame: Frame;
}

/** @param body the answer of `/top` */
export function readSnapshot(board: WatchedBoard, body: Buffer): Snapshot {
  const { next_cursor: _, ...content } = JSON.parse(body.toString()) as {
    total: number;
    rows: Row[];
    next_cursor?: string;
  };
  const data = JSON.stringify(content);
  const id = createHash('sha256').update(data).digest('base64url').slice(0, 16);
  return { id, total: content.total, rows: content.rows, frame: createFrame(board, 'snapshot', data, id) };
}
