import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SupervisedProcess } from './child-process.js';
import { readJson, writeJson } from './files.js';
import { type DataPaths, dataPaths } from './paths.js';
import { identify, isAlive } from './process-identity.js';
import { ProcessRecord } from './process-record.js';

let paths: DataPaths;
let child: SupervisedProcess;
let record: ProcessRecord;

beforeEach(() => {
  paths = dataPaths(mkdtempSync(join(tmpdir(), 'leaderboard-record-')));
  record = new ProcessRecord(paths);
  const spec = {
    name: 'sleeper',
    role: 'service',
    url: 'http://127.0.0.1:1',
    command: process.execPath,
    args: ['-e', 'setInterval(() => {}, 1000)'],
    env: {},
    stopSignal: 'SIGTERM',
    logFile: join(paths.root, 'sleeper.log'),
  } as const;
  child = new SupervisedProcess(spec, () => record.write([child]));
  child.start();
});

afterEach(async () => {
  await child.stop();
  rmSync(paths.root, { recursive: true });
});

/** The record as a runner would have left it that is dead by now. */
function withoutRunner(change: (processes: { pid: number; started: string }[]) => void = () => {}): void {
  const contents = readJson<{ runner: object; processes: { pid: number; started: string }[] }>(
    paths.processes,
  );
  if (!contents) throw new Error('nothing recorded');
  change(contents.processes);
  writeJson(paths.processes, { ...contents, runner: { pid: 1, started: 'long ago' } });
}

describe('ProcessRecord', () => {
  it('knows its live runner', () => {
    expect(record.liveRunner()).toBe(process.pid);
  });

  it('ends what a dead runner has left', async () => {
    const identity = identify(child.pid);
    withoutRunner();
    expect(record.liveRunner()).toBeUndefined();
    expect(await record.endLeftovers()).toEqual(['sleeper']);
    expect(isAlive(identity)).toBe(false);
    expect(record.exists()).toBe(false);
  });

  it('spares a process that only has the same pid', async () => {
    withoutRunner((processes) => {
      for (const entry of processes) entry.started = '1';
    });
    expect(await record.endLeftovers()).toEqual([]);
    expect(isAlive(identify(child.pid))).toBe(true);
  });
});
