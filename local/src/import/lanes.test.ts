import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Cargo, Lanes } from './lanes.js';
import { type Line, readLines } from './line-reader.js';
import { RejectFile } from './rejects.js';
import { readState, saveState } from './state.js';

const directory = mkdtempSync(join(tmpdir(), 'import-'));
const file = join(directory, 'rows');
afterAll(() => rmSync(directory, { recursive: true }));

const cargo = (userId: string, line: number): Cargo => ({
  userId,
  line,
  offset: line * 10,
  json: '{}',
  text: '',
});
const end = { offset: 1000, number: 100 };

async function linesOf(content: string | Buffer, start = { offset: 0, number: 1 }): Promise<Line[]> {
  writeFileSync(file, content);
  const lines: Line[] = [];
  for await (const some of readLines(file, start)) lines.push(...some);
  return lines;
}

describe('lanes', () => {
  it('have arrived up to the oldest row that is not acknowledged', async () => {
    const calls: { batch: readonly Cargo[]; arrive: (arrived: boolean) => void }[] = [];
    const lanes = new Lanes(1, 2, (batch) => new Promise((arrive) => calls.push({ batch, arrive })));
    for (const line of [1, 2, 3]) await lanes.add(cargo('ann', line));
    expect(calls[0]?.batch.map(({ line }) => line)).toEqual([1, 2]);
    expect(lanes.arrivedUpTo(end)).toEqual({ offset: 10, number: 1 });
    calls[0]?.arrive(true);
    const finished = lanes.finish();
    await new Promise(setImmediate);
    expect(lanes.arrivedUpTo(end)).toEqual({ offset: 30, number: 3 });
    calls[1]?.arrive(true);
    await finished;
    expect(lanes.arrivedUpTo(end)).toEqual(end);
  });

  it('keep what an interruption left', async () => {
    const lanes = new Lanes(1, 1, async () => false);
    await lanes.add(cargo('ann', 1));
    await lanes.add(cargo('ann', 2));
    await lanes.finish();
    expect(lanes.arrivedUpTo(end)).toEqual({ offset: 10, number: 1 });
  });

  it("keep a user's rows in order, one call at a time", async () => {
    const seen: number[] = [];
    let underWay = 0;
    const lanes = new Lanes(4, 3, async (batch) => {
      underWay += 1;
      expect(underWay).toBe(1);
      await new Promise(setImmediate);
      seen.push(...batch.map(({ line }) => line));
      underWay -= 1;
      return true;
    });
    for (let line = 1; line <= 20; line += 1) await lanes.add(cargo('ann', line));
    await lanes.finish();
    expect(seen).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
  });
});

describe('lines', () => {
  it('know their number and where the next one begins', async () => {
    const lines = await linesOf('\uFEFFä\r\n\nb');
    expect(lines.map(({ number, end, text }) => [number, end, text])).toEqual([
      [1, 7, 'ä'],
      [2, 8, ''],
      [3, 9, 'b'],
    ]);
    expect(await linesOf('\uFEFFä\r\n\nb', { offset: 8, number: 3 })).toEqual(lines.slice(2));
  });

  it('that are too long or no UTF-8 spoil no other', async () => {
    const long = 'x'.repeat(3_000_000);
    const lines = await linesOf(
      Buffer.concat([Buffer.from(`${long}\n`), Buffer.from([0xff, 0x0a]), Buffer.from('b\n')]),
    );
    expect(lines.map(({ text, problem }) => text ?? problem)).toEqual([
      'the line is too long',
      'the line is not UTF-8',
      'b',
    ]);
    expect(lines.at(-1)?.end).toBe(3_000_005);
  });
});

describe('the reject file', () => {
  it('forgets the lines that are read again', () => {
    const path = join(directory, 'rejects');
    const rejects = new RejectFile(path);
    for (const line of [3, 9, 5]) rejects.add({ line, code: 'bad_line', reason: 'why', text: 'text' });
    rejects.flush();
    expect(new RejectFile(path).begin(6)).toBe(2);
    expect(new RejectFile(path).begin(0)).toBe(0);
  });
});

describe('the state', () => {
  it('is refused for another file or server, unless told to begin anew', () => {
    const path = join(directory, 'state');
    const state = { id: 'a', url: 'http://one', offset: 5, number: 2, done: false };
    saveState(path, state);
    expect(readState(path, 'a', 'http://one', false)).toEqual(state);
    expect(() => readState(path, 'b', 'http://one', false)).toThrow(/--restart/);
    expect(() => readState(path, 'a', 'http://two', false)).toThrow(/--restart/);
    expect(readState(path, 'b', 'http://one', true)).toMatchObject({ id: 'b', offset: 0, number: 1 });
  });
});
