import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { dataPaths } from '@leaderboard/local/paths';
import { PortReservations } from '@leaderboard/local/ports';
import { identify, isAlive } from '@leaderboard/local/process-identity';
import { makeTemporaryDirectory, removeDataDirectory } from '@leaderboard/local/temporary-directory';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

/** `npm start` and `npm run stop` as a user meets them: a command, its output, stack.json, and signals. */
const distOf = (command: string) => fileURLToPath(new URL(`../../local/dist/${command}.js`, import.meta.url));

interface Entry {
  name: string;
  role: string;
  pid: number;
  url: string;
}

const dataDir = makeTemporaryDirectory();
const paths = dataPaths(dataDir);
const ports = new PortReservations();
let port: number;
let started: Run | undefined;

class Run {
  readonly child: ChildProcess;
  output = '';
  readonly ended: Promise<number | null>;

  constructor(command: string, environment: Record<string, string> = {}) {
    const env = {
      PATH: process.env.PATH,
      PORT: String(port),
      DATA_DIR: dataDir,
      GATEWAYS: '1',
      SERVICES: '1',
      ...environment,
    };
    this.child = spawn(process.execPath, [distOf(command)], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  async ready(): Promise<this> {
    await vi.waitFor(
      () => {
        if (this.child.exitCode !== null) throw new Error(this.output);
        expect(this.output).toContain('Ctrl-C stops everything');
      },
      { timeout: 60_000, interval: 100 },
    );
    return this;
  }
}

const start = async (environment?: Record<string, string>) => {
  started = await new Run('start', environment).ready();
  return started;
};

const readStack = () => JSON.parse(readFileSync(paths.stack, 'utf8')) as { url: string; processes: Entry[] };
const top = async () =>
  (await fetch(`${readStack().url}/top?region=EU`)).json() as Promise<{ rows: object[] }>;

beforeAll(async () => {
  port = await ports.reserveFrom(19_080);
});

afterEach(async () => {
  if (started?.child.exitCode === null && started.child.signalCode === null) {
    started.child.kill('SIGTERM');
    await started.ended;
  }
  await new Run('stop').ended;
});

afterAll(() => {
  ports.release();
  removeDataDirectory(paths);
});

describe('npm start', () => {
  it('writes stack.json, for this user only, and leaves no score of its own', async () => {
    await start();
    const { url, processes } = readStack();
    expect(url).toBe(`http://127.0.0.1:${port}`);
    expect(processes.map(({ role }) => role).sort()).toEqual([
      'gateway',
      'nginx',
      'postgres',
      'redis',
      'service',
      'worker',
    ]);
    for (const { pid } of processes) expect(isAlive(identify(pid))).toBe(true);
    expect(statSync(paths.stack).mode & 0o777).toBe(0o600);
    const everyone = (await (await fetch(`${url}/top`)).json()) as { total: number };
    expect(everyone.total).toBe(0);
  });

  it('keeps its data, and leaves no process, over a stop and another start', async () => {
    const first = await start();
    const body = JSON.stringify({ user_id: 'kept', name: 'Kept', region: 'EU', initialScore: 7 });
    const headers = { 'content-type': 'application/json' };
    const registered = await fetch(`${readStack().url}/auth/register`, { method: 'POST', headers, body });
    expect(registered.status).toBe(201);
    const identities = readStack().processes.map(({ pid }) => identify(pid));

    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(identities.filter(isAlive)).toEqual([]);
    expect(existsSync(paths.stack)).toBe(false);

    await start();
    expect((await top()).rows).toMatchObject([{ user_id: 'kept', score: 7, rank: 1 }]);
  });

  it('starts every killed process again, and says its new pid', async () => {
    await start();
    for (const { name, pid } of readStack().processes) {
      process.kill(pid, 'SIGKILL');
      const renewed = () => readStack().processes.find((entry) => entry.name === name)?.pid;
      await vi.waitFor(() => expect(renewed()).not.toBe(pid), { timeout: 5000 });
    }
    await vi.waitFor(async () => expect((await top()).rows).toHaveLength(1), { timeout: 20_000 });
  });

  it('can be ended by npm run stop when its runner was killed', async () => {
    const run = await start();
    const identities = readStack().processes.map(({ pid }) => identify(pid));
    run.child.kill('SIGKILL');
    await run.ended;
    expect(identities.filter(isAlive)).toHaveLength(identities.length);
    const stop = new Run('stop');
    expect(await stop.ended).toBe(0);
    expect(stop.output).toContain('postgres');
    expect(identities.filter(isAlive)).toEqual([]);
  });

  it('refuses a second start in the same DATA_DIR, and does not disturb the first', async () => {
    await start();
    const second = new Run('start');
    expect(await second.ended).toBe(1);
    expect(second.output).toMatch(/^PORT and DATA_DIR are in use by a running stack .*npm run stop/);
    expect((await top()).rows).toHaveLength(1);
  });
});

describe('npm start says in one line what is wrong with', () => {
  it('PORT, when it is taken, and leaves nothing running', async () => {
    const server = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const run = new Run('start');
    expect(await run.ended).toBe(1);
    server.close();
    expect(run.output.trim()).toMatch(/^PORT \d+ is taken.*$/);
    expect(existsSync(paths.processes)).toBe(false);
  });

  it.each([
    ['PORT', 'abc'],
    ['REDIS_URL', 'redis://127.0.0.1:1'],
    ['POSTGRES_URL', 'postgres://u:p@127.0.0.1:1'],
    ['JWT_SECRET', 'short'],
  ])('%s=%s', async (name, value) => {
    const run = new Run('start', { [name]: value });
    expect(await run.ended).toBe(1);
    expect(run.output.trim().split('\n').at(-1)).toMatch(new RegExp(`^${name} `));
    expect(existsSync(paths.processes)).toBe(false);
  });

  it("a service's own variable", async () => {
    const run = new Run('start', { QUEUE_MAX: 'many' });
    expect(await run.ended).toBe(1);
    expect(run.output.trim().split('\n').at(-1)).toContain('QUEUE_MAX');
    expect(existsSync(paths.processes)).toBe(false);
  });
});
