import type { Row } from '@leaderboard/shared/contracts/rankings';
import { Problem } from '@leaderboard/shared/http/problems';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { BoardReader } from './board-reader.js';
import { LiveHub } from './hub.js';
import { boardOf } from './watched-board.js';

const intervalMs = 500;
const board = boardOf({});

/** A board that is what it is set to. */
class SetReader implements BoardReader {
  rows: Row[] = [];
  calls = 0;
  rankCalls: number[] = [];
  lookups = 0;
  takesMs = 0;
  problem: Problem | undefined;

  async top() {
    this.calls++;
    if (this.takesMs > 0) await new Promise((resolve) => setTimeout(resolve, this.takesMs));
    if (this.problem) throw this.problem;
    return Buffer.from(JSON.stringify({ total: this.rows.length, rows: this.rows.slice(0, 1) }));
  }

  async ranks(_board: unknown, userIds: readonly string[]) {
    this.rankCalls.push(userIds.length);
    const rows = this.rows.filter((row) => userIds.includes(row.user_id));
    return { total: this.rows.length, rows };
  }

  async before() {
    this.lookups++;
    return [];
  }

  set(...ids: string[]) {
    this.rows = ids.map((id, at) => ({
      rank: at + 1,
      user_id: id,
      name: id,
      region: 'EU',
      score: 1,
      updated_at: 'now',
    }));
  }
}

let reader: SetReader;
let hub: LiveHub;
beforeEach(() => {
  vi.useFakeTimers();
  reader = new SetReader();
  hub = new LiveHub(reader, { intervalMs, maxBoards: 2 });
});
afterEach(() => {
  hub.close();
  vi.useRealTimers();
});

async function watch(userId?: string, knownId?: string) {
  const seat = await hub.join(board);
  const frames: string[] = [];
  seat.start({ userId, send: (frame) => frames.push(String(frame.sse)) }, knownId);
  const count = (type: string) => frames.filter((frame) => frame.startsWith(`event: ${type}\n`)).length;
  return { frames, count, leave: () => seat.leave() };
}

describe('a watched board', () => {
  it('is read once per interval for all, and told when it changed', async () => {
    reader.set('a');
    const watchers = await Promise.all(Array.from({ length: 50 }, () => watch()));
    expect(reader.calls).toBe(1);
    await vi.advanceTimersByTimeAsync(10 * intervalMs);
    expect(reader.calls).toBe(11);
    reader.set('b');
    await vi.advanceTimersByTimeAsync(intervalMs);
    for (const { count } of watchers) expect(count('snapshot')).toBe(2);
  });

  it('sends everybody the same bytes', async () => {
    const sent: Buffer[] = [];
    for (let count = 0; count < 2; count++) {
      (await hub.join(board)).start({ userId: undefined, send: (frame) => sent.push(frame.sse) });
    }
    expect(sent[0]).toBe(sent[1]);
  });

  it('is read no more often when a read takes longer than the interval', async () => {
    reader.takesMs = 800;
    const joining = watch();
    await vi.advanceTimersByTimeAsync(800);
    await joining;
    await vi.advanceTimersByTimeAsync(8_000);
    expect(reader.calls).toBeLessThanOrEqual(11);
    expect(reader.calls).toBeGreaterThanOrEqual(10);
  });

  it('is read until the last has left', async () => {
    const [first, second] = [await watch(), await watch()];
    first.leave();
    first.leave();
    await vi.advanceTimersByTimeAsync(intervalMs);
    expect(reader.calls).toBe(2);
    second.leave();
    await vi.advanceTimersByTimeAsync(10 * intervalMs);
    expect(reader.calls).toBe(2);
    expect(hub.boardCount).toBe(0);
  });

  it('that cannot be read at first is not watched, by nobody who waited', async () => {
    reader.problem = new Problem('unknown_game', 'none');
    const joining = [watch(), watch()];
    for (const each of joining) await expect(each).rejects.toThrow('none');
    expect(reader.calls).toBe(1);
    expect(hub.boardCount).toBe(0);
  });

  it('that is lost is stale until it is back, also for who comes meanwhile', async () => {
    const early = await watch();
    reader.problem = new Problem('no_upstream', 'none');
    await vi.advanceTimersByTimeAsync(3 * intervalMs);
    const late = await watch();
    expect([early.count('stale'), late.count('snapshot'), late.count('stale')]).toEqual([1, 1, 1]);
    reader.problem = undefined;
    await vi.advanceTimersByTimeAsync(intervalMs);
    expect([early.count('snapshot'), late.count('snapshot')]).toEqual([2, 2]);
  });

  it('is one of so many at most', async () => {
    await watch();
    await hub.join(boardOf({ limit: 1 }));
    await expect(hub.join(boardOf({ limit: 2 }))).rejects.toMatchObject({ code: 'live_busy' });
    await watch();
  });
});

describe('followed users', () => {
  it('cost one call per 200 of those who are not in the rows', async () => {
    reader.set(...Array.from({ length: 500 }, (_, at) => `u${at}`));
    const watchers = await Promise.all(Array.from({ length: 402 }, (_, at) => watch(`u${at}`)));
    await vi.advanceTimersByTimeAsync(intervalMs);
    expect(reader.rankCalls).toEqual([200, 200, 1]);
    for (const { count } of watchers) expect(count('self')).toBe(1);
    await vi.advanceTimersByTimeAsync(intervalMs);
    for (const { count } of watchers) expect(count('self')).toBe(1);
  });

  it('that are the same cost one, and the second is told at once', async () => {
    reader.set('first', 'u');
    const first = await watch('u');
    await vi.advanceTimersByTimeAsync(intervalMs);
    expect(first.count('self')).toBe(1);
    const second = await watch('u');
    expect(second.count('self')).toBe(1);
    await vi.advanceTimersByTimeAsync(intervalMs);
    expect(reader.rankCalls).toEqual([1, 1]);
  });

  it('whom everybody passes at once are not all looked up', async () => {
    const ids = Array.from({ length: 100 }, (_, at) => `u${at}`);
    reader.set('first', ...ids);
    const watchers = await Promise.all(ids.map((id) => watch(id)));
    await vi.advanceTimersByTimeAsync(intervalMs);
    reader.set('newcomer', 'first', ...ids);
    await vi.advanceTimersByTimeAsync(intervalMs);
    for (const { count } of watchers) expect(count('passed')).toBe(1);
    expect(reader.lookups).toBe(10);
  });
});
