import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ShardMap } from '@leaderboard/shared/topology/shards';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FailpointName } from '../failpoints.js';
import { type Layout, readLayout } from '../sql/layout.js';
import { Harness, until } from '../testing/harness.js';

/** `npm run rebuild -- --partitions N` as it is run, in a process of its own, while workers of the old layout run. */

const users = Array.from({ length: 60 }, (_, at) => `user${at}`);
const runFile = promisify(execFile);
let harness: Harness;

beforeAll(async () => {
  harness = await Harness.start();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

const fileOf = (command: string) =>
  fileURLToPath(new URL(`../../dist/commands/${command}.js`, import.meta.url));

async function run(command: string, partitions: number, ...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, ...harness.environment, PARTITIONS: String(partitions) };
  return (await runFile(process.execPath, [fileOf(command), ...args], { env })).stdout;
}

/** From one partition to so many, until it kills itself at a failpoint. */
async function killedMove(to: number, failpoint: FailpointName): Promise<void> {
  const env = { PATH: process.env.PATH, ...harness.environment, FAILPOINT: failpoint };
  const moving = runFile(process.execPath, [fileOf('rebuild'), '--partitions', String(to)], { env });
  await expect(moving).rejects.toMatchObject({ signal: 'SIGKILL' });
}

const layout = (partitions: number) => new ShardMap(['ASIA', 'GLOBAL'], partitions);

async function openAll(partitions: number): Promise<void> {
  await harness.worker({ PARTITIONS: String(partitions) });
  for (const shard of layout(partitions).shards) await harness.open(shard);
}

/** Returns what was answered, by code. */
async function write(partitions: number, value: number): Promise<Set<string>> {
  const map = layout(partitions);
  const codes = new Set<string>();
  for (const shard of map.shards.filter(({ region }) => region === 'ASIA')) {
    const own = users.filter((userId) => map.home('ASIA', userId) === shard);
    const writes = own.map((userId) => ({ userId, value, key: `key-${value}`, operation: 'set' as const }));
    for (const code of await harness.write(writes, shard)) codes.add(code);
  }
  return codes;
}

const keysOf = async (tag: string) =>
  ((await harness.redis.send(['KEYS', `*{${tag}}*`])) as string[]).filter(
    (key) => !key.startsWith('events:'),
  );

it('moves users to more partitions and back to fewer, and loses nothing that waited', {
  timeout: 180_000,
}, async () => {
  await openAll(1);
  expect(await write(1, 1)).toEqual(new Set(['applied']));
  expect(await run('rebuild', 1, '--partitions', '3')).toMatch(/PARTITIONS=3/);
  expect(await keysOf('ASIA')).toEqual([]);
  await expect(write(1, 2)).rejects.toThrow('is not open');

  await harness.stopWorkers();
  await openAll(3);
  expect(await run('verify', 3)).toContain('Redis and Postgres agree.');
  expect(await write(3, 1)).toEqual(new Set(['replayed']));

  expect(await write(3, 2)).toEqual(new Set(['applied']));
  await run('rebuild', 3, '--partitions', '2');
  await expect(write(3, 3)).rejects.toThrow('is not open');
  await harness.stopWorkers();
  await openAll(2);
  expect(await run('verify', 2)).toContain('Redis and Postgres agree.');
  expect(await write(2, 2)).toEqual(new Set(['replayed']));
  expect(Object.values(await harness.stored())).toEqual(users.map(() => 2));
  for (const shard of layout(2).shards) await harness.drained(shard);
});

it('does not begin before everything is stored, and can be taken back until then', async () => {
  await openAll(1);
  await harness.stopWorkers();
  await write(1, 1);
  const moving = execFile(process.execPath, [fileOf('rebuild'), '--partitions', '2'], {
    env: { PATH: process.env.PATH, ...harness.environment },
  });
  let said = '';
  moving.stdout?.on('data', (text: string) => {
    said += text;
  });
  await until(async () => said.includes('ASIA: 60 events wait for a worker'));
  await expect(write(1, 2)).rejects.toThrow('is not open');
  const ended = new Promise((resolve) => moving.once('close', resolve));
  moving.kill('SIGINT');
  expect(await ended).not.toBe(0);
  expect(said).toContain('Taken back: workers open the shards again.');

  await openAll(1);
  expect(await write(1, 2)).toEqual(new Set(['applied']));
});

/** Every region under the new number, every user once and with the last score, answers to keyed writes included. */
async function expectAllMoved(to: number, value: number): Promise<void> {
  for (const region of ['ASIA', 'GLOBAL']) {
    const { rows } = await harness.databases.ofRegion(region).query<Layout>(readLayout);
    expect(rows).toEqual([{ partitions: to, moving_to: null }]);
  }
  await harness.stopWorkers();
  await openAll(to);
  expect(await run('verify', to)).toContain('Redis and Postgres agree.');
  expect(await write(to, value)).toEqual(new Set(['replayed']));
  expect(Object.values(await harness.stored())).toEqual(users.map(() => value));
  expect(await keysOf('ASIA')).toEqual([]);
}

describe('a move that is killed', { timeout: 180_000 }, () => {
  const afterTheFirstRefusal: FailpointName[] = [
    'move-half-refused',
    'move-half-emptied',
    'recovery-half-restored',
    'move-half-restored',
    'move-half-finished',
  ];

  it.each(afterTheFirstRefusal)('%s: refuses writes until it has been finished', async (failpoint) => {
    await openAll(1);
    expect(await write(1, 1)).toEqual(new Set(['applied']));
    await killedMove(3, failpoint);
    await expect(write(1, 2)).rejects.toThrow('is not open');
    await run('rebuild', 1, '--partitions', '3');
    await expect(write(1, 2)).rejects.toThrow('is not open');
    await expectAllMoved(3, 1);
  });

  it('before anything is refused: is finished with what was written meanwhile', async () => {
    await openAll(1);
    expect(await write(1, 1)).toEqual(new Set(['applied']));
    await killedMove(3, 'move-half-marked');
    expect(await write(1, 2)).toEqual(new Set(['applied']));
    await run('rebuild', 1, '--partitions', '3');
    await expectAllMoved(3, 2);
  });

  it('is finished with what a region that had been moved already was written', async () => {
    await openAll(1);
    expect(await write(1, 1)).toEqual(new Set(['applied']));
    await killedMove(3, 'move-half-finished');
    await harness.worker({ PARTITIONS: '3' });
    expect(await write(3, 2)).toEqual(new Set(['applied']));
    await run('rebuild', 3, '--partitions', '3');
    await expectAllMoved(3, 2);
  });

  it('is finished only under the number that was given, in one line', async () => {
    await openAll(1);
    await killedMove(3, 'move-half-emptied');
    await expect(run('rebuild', 1, '--partitions', '2')).rejects.toThrow(
      'a move to 3 partitions has begun: finish it with --partitions 3',
    );
  });
});

it('keeps a worker of another layout from restoring anything', async () => {
  await openAll(1);
  expect(await write(1, 1)).toEqual(new Set(['applied']));
  await harness.drained();
  await harness.stopWorkers();
  await harness.redis.send(['FLUSHALL']);
  const other = await harness.worker({ PARTITIONS: '2' });
  await until(async () => /worker_shard_open\{[^}]*ASIA\/0[^}]*\} 0/.test(await other.registry.metrics()));
  expect(await keysOf('ASIA/0')).toEqual([]);
});

it('refuses what is no number of partitions, in one line', async () => {
  await expect(run('rebuild', 1, '--partitions', '0')).rejects.toThrow(
    '--partitions must be a whole number from 1 to 256',
  );
});
