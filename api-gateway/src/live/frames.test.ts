import { describe, expect, it } from 'vitest';
import { createFrame } from './frame.js';
import { readSnapshot } from './snapshot.js';
import { aroundPath, boardOf, keyOf, ranksPath, topPath } from './watched-board.js';

const board = boardOf({ region: 'eu', game: 'chess', limit: 2 });
const row = { rank: 1, user_id: 'a', name: 'A\n', region: 'EU', score: 5, updated_at: 'now' };
const body = (content: object) => Buffer.from(JSON.stringify(content));

describe('a board', () => {
  it('is the same however the query says it', () => {
    const plain = keyOf(boardOf({}));
    const spelled = { region: 'Global', game: 'default', window: 'all', ties: 'unique', limit: 10 } as const;
    expect(keyOf(boardOf(spelled))).toBe(plain);
    expect(keyOf(boardOf({ user_id: 'alice' }))).toBe(plain);
  });

  it.each([
    { region: 'EU' },
    { game: 'chess' },
    { window: 'daily' },
    { ties: 'shared' },
    { limit: 11 },
  ] as const)('is another with %o', (query) => {
    expect(keyOf(boardOf(query))).not.toBe(keyOf(boardOf({})));
  });

  it('is asked for by paths that ids and games cannot break', () => {
    const everything = boardOf({ game: '*' });
    expect(topPath(everything)).toBe('/top?region=GLOBAL&game=*&window=all&ties=unique&limit=10');
    expect(ranksPath(everything, ['a&b', 'c#d'])).toContain('&user_ids=a%26b,c%23d');
    expect(aroundPath(everything, 'a#b', 3)).toMatch(/^\/around\/a%23b\?.*&range=3$/);
  });
});

describe('a frame', () => {
  it('is an event on a stream and a message on a socket, each made once', () => {
    const frame = createFrame(board, 'snapshot', '{"total":1}', 'id1');
    expect(String(frame.sse)).toBe('event: snapshot\nid: id1\ndata: {"total":1}\n\n');
    expect(JSON.parse(String(frame.ws))).toEqual({ type: 'snapshot', board, total: 1 });
    expect(frame.sse).toBe(frame.sse);
    expect(frame.ws).toBe(frame.ws);
  });

  it('may say nothing but its type', () => {
    const frame = createFrame(board, 'stale', '{}');
    expect(String(frame.sse)).toBe('event: stale\ndata: {}\n\n');
    expect(JSON.parse(String(frame.ws))).toEqual({ type: 'stale', board });
  });
});

describe('a snapshot', () => {
  it('is the answer of /top on one line, without its cursor', () => {
    const { frame, rows, total } = readSnapshot(board, body({ total: 3, rows: [row], next_cursor: 'x' }));
    expect({ rows, total }).toEqual({ rows: [row], total: 3 });
    expect(String(frame.sse).split('\n')).toHaveLength(5);
    expect(String(frame.sse)).toContain(`data: ${JSON.stringify({ total: 3, rows: [row] })}\n`);
  });

  it('has an id of its content', () => {
    const { id } = readSnapshot(board, body({ total: 1, rows: [row] }));
    expect(readSnapshot(board, body({ total: 1, rows: [row], next_cursor: 'y' })).id).toBe(id);
    expect(readSnapshot(board, body({ total: 2, rows: [row] })).id).not.toBe(id);
    expect(readSnapshot(board, body({ total: 1, rows: [{ ...row, score: 6 }] })).id).not.toBe(id);
  });
});
