import { mkdtempSync, rmSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ProcessSpec, SupervisedProcess } from './child-process.js';
import { firstNiceness } from './precedence.js';
import { noProgress } from './progress.js';

let directory: string;
let child: SupervisedProcess | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'leaderboard-child-'));
});

afterEach(async () => {
  await child?.stop();
  rmSync(directory, { recursive: true });
});

function run(
  script: string,
  changed: () => void = () => {},
  more: Partial<ProcessSpec> = {},
): SupervisedProcess {
  child = new SupervisedProcess(
    {
      name: 'child',
      role: 'service',
      url: 'http://127.0.0.1:1',
      command: process.execPath,
      args: ['-e', script],
      env: {},
      stopSignal: 'SIGTERM',
      logFile: join(directory, 'child.log'),
      ...more,
    },
    changed,
  );
  child.start();
  return child;
}

const forever = 'setInterval(() => {}, 1000)';
const never = () => Promise.resolve('not yet');
const ready = () => Promise.resolve(undefined);

describe('SupervisedProcess', () => {
  it('says why a child ended during its start, in the words of its last line', async () => {
    const starting = run('console.error("PORT is wrong"); process.exit(1)');
    await expect(starting.until(never, 5000, noProgress)).rejects.toThrow(
      /child did not start.*PORT is wrong/,
    );
  });

  it('says that a program cannot be started', async () => {
    const missing = new SupervisedProcess({ ...run(forever).spec, command: '/no/such/program' }, () => {});
    missing.start();
    await expect(missing.until(never, 5000, noProgress)).rejects.toThrow(/could not be started.*ENOENT/);
  });

  it('gives up on one that never becomes ready', async () => {
    await expect(run(forever).until(never, 100, noProgress)).rejects.toThrow('cannot serve (not yet)');
  });

  it('lets who goes first have the processor before others, where it may, and nobody else', () => {
    const mayRaise = process.getuid?.() === 0;
    const own = getPriority();
    expect(getPriority(run(forever).pid)).toBe(own);
    child?.kill();
    expect(getPriority(run(forever, () => {}, { goesFirst: true }).pid)).toBe(mayRaise ? firstNiceness : own);
  });

  it('starts a killed child again, within a second, and tells', async () => {
    const pids: number[] = [];
    const running = run(forever, () => pids.push(child?.pid ?? 0));
    await running.until(ready, 5000, noProgress);
    running.confirm();
    const first = running.pid;
    running.kill();
    await vi.waitFor(() => expect(running.running && running.pid !== first).toBe(true), { timeout: 1000 });
    expect(pids.at(-1)).toBe(running.pid);
  });

  it('waits longer from crash to crash', async () => {
    const starts: number[] = [];
    const crashing = run('process.exit(1)', () => starts.push(performance.now()));
    crashing.confirm();
    await vi.waitFor(() => expect(starts.length).toBe(4), { timeout: 5000 });
    const pauses = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
    expect(pauses[2]).toBeGreaterThan((pauses[0] ?? 0) * 2);
  });

  it('leaves a stopped child stopped, until it is started', async () => {
    const running = run(forever);
    running.confirm();
    await running.stop();
    expect(running.running).toBe(false);
    running.start();
    expect(running.running).toBe(true);
  });

  it('stops a frozen child', async () => {
    const frozen = run(forever);
    frozen.kill('SIGSTOP');
    await frozen.stop();
    expect(frozen.running).toBe(false);
  });
});
