import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ProgressDisplay } from '@leaderboard/local/bulk/progress-display';
import { findTarget } from '@leaderboard/local/bulk/target';
import { readLocalConfig } from '@leaderboard/local/config';
import { readJson } from '@leaderboard/local/files';
import { dataPaths } from '@leaderboard/local/paths';
import { Simulation } from '@leaderboard/local/simulate/simulate';
import { Stores } from '@leaderboard/local/simulate/stores';
import { eventsKey } from '@leaderboard/shared/topology/keys';
import { createClient, createCluster, type RedisClientType, type RedisClusterType } from 'redis';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { adminToken, call, freshId, serverToken } from './testing/client.js';
import { until } from './testing/until.js';

/** simulate, import and the example consumer against the whole stack. */

const command = fileURLToPath(new URL('../../local/dist/command.js', import.meta.url));
const example = fileURLToPath(new URL('../../docs/examples/consume-events.mjs', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'tools-'));
let stack: Record<string, string>;

beforeAll(() => {
  stack = readJson<Record<string, string>>(dataPaths(inject('stack').dataDir).environment) ?? {};
});
afterAll(() => rmSync(directory, { recursive: true }));

class Run {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  output = '';
  errors = '';

  constructor(file: string, args: string[], environment: Record<string, string> = {}) {
    const env = { PATH: process.env.PATH, DATA_DIR: inject('stack').dataDir, ...environment };
    this.child = spawn(process.execPath, [file, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    this.ended = once(this.child, 'close');
  }
}

async function run(...args: string[]): Promise<Run> {
  const one = new Run(command, args);
  await one.ended;
  return one;
}

const scoreOf = async (userId: string, game = 'default') =>
  (await call(`/rank/${userId}?game=${game}`)).body.score as number | undefined;

describe('simulate', () => {
  it.each([['--bulk=50'], ['--single']])('finds everything that was accepted (%s)', async (mode) => {
    const { child, output, errors } = await run('simulate', '--events', '400', '--players', '40', mode);
    expect({ code: child.exitCode, output, errors }).toMatchObject({
      code: 0,
      output: expect.stringMatching(
        /accepted {5}400 of 400[\s\S]*Postgres, the event stream, \/top: 0 differences/,
      ),
    });
  });

  it('ends at Ctrl-C with a summary and a check', async () => {
    const one = new Run(command, ['simulate', '--rate', '50', '--bulk', '5', '--seconds', '600']);
    await until('it plays', () => one.errors.includes('Ctrl-C ends it'));
    one.child.kill('SIGINT');
    await one.ended;
    expect(one.output).toMatch(/0 differences/);
    expect(one.child.exitCode).toBe(0);
  });

  it('finds what is missing in Postgres, doubled in the stream and wrong in /top', async () => {
    const config = readLocalConfig({ ...stack, DATA_DIR: inject('stack').dataDir });
    const stores = await Stores.connect(config);
    if (!stores) throw new Error('the stack does not say where its stores are');
    const settings = {
      run: freshId('sim'),
      seed: 1,
      players: 10,
      regions: ['EU'],
      games: [{ name: 'default', operator: 'best', order: 'desc' }] as const,
      late: 0,
    };
    const load = {
      bulk: 10,
      calls: 1,
      events: 50,
      seconds: Number.POSITIVE_INFINITY,
      rate: 1e9,
      duplicates: 0,
    };
    const target = findTarget(config, inject('stack').url);
    const simulation = new Simulation(settings, load, target, stores, new ProgressDisplay());
    await simulation.play(new AbortController().signal);
    const { plays } = simulation;
    const event = JSON.stringify({ event_id: plays.eventId(7), version: Date.now() * 1000 });
    const shard = stores.shards.home('EU', plays.userId(plays.at(7).player));
    await stores.redis.of(shard).send(['XADD', eventsKey(shard), '*', 'event', event]);
    await simulation.settle();
    const client = await stores.postgres('EU');
    await client.query('DELETE FROM score_events WHERE event_id = $1', [plays.eventId(3)]);
    await client.end();
    const loser = plays.userId(plays.at(0).player);
    await call(`/score/${loser}`, { method: 'DELETE', token: adminToken() });
    await simulation.check();
    await stores.close();
    expect(simulation.findings.examples).toEqual([
      `${plays.eventId(3)}: 0 times in Postgres, expected 1`,
      `${plays.eventId(7)}: 2 times in the stream, expected 1`,
      `/top of default: ${loser} is missing`,
    ]);
  });
});

describe('import', () => {
  it('loads the good rows and writes the others down with line and reason', async () => {
    const [ann, bob] = [freshId('ann'), freshId('bob')];
    const file = join(directory, 'scores.csv');
    const rows = [
      'score,user_id,name,region',
      `7,${ann},"Ann, A.",EU`,
      `x,${ann},,`,
      '',
      `9,${bob},,MARS`,
      `3,${bob},,NA`,
    ];
    writeFileSync(file, `${rows.join('\n')}\n`);
    const { output, child } = await run('import', '--', file);
    expect(child.exitCode).toBe(0);
    expect(output).toContain('2 rows imported');
    expect((await call(`/rank/${ann}`)).body).toMatchObject({ score: 7, name: 'Ann, A.', region: 'EU' });
    expect(await scoreOf(bob)).toBe(3);
    const rejects = readFileSync(`${file}.rejects.ndjson`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rejects).toMatchObject([
      { line: 3, code: 'bad_line', text: `x,${ann},,` },
      { line: 5, code: 'unknown_region', text: `9,${bob},,MARS` },
    ]);
  });

  it('adds nothing a second time, not even when it begins anew', async () => {
    const game = freshId('sum');
    await call(`/games/${game}`, { method: 'PUT', token: adminToken(), body: { operator: 'incr' } });
    const ann = freshId('ann');
    const file = join(directory, 'sums.ndjson');
    writeFileSync(file, `{"user_id":"${ann}","score":5}\n{"user_id":"${ann}","score":6}\n`);
    expect((await run('import', file, '--game', game)).output).toContain('2 rows imported');
    expect((await run('import', file, '--game', game)).output).toContain('0 rows imported');
    const { output } = await run('import', file, '--game', game, '--restart');
    expect(output).toContain('2 of them known already');
    expect(await scoreOf(ann, game)).toBe(11);
  });

  it('goes on after it was killed, and each row counts once', async () => {
    const game = freshId('sum');
    await call(`/games/${game}`, { method: 'PUT', token: adminToken(), body: { operator: 'incr' } });
    const users = Array.from({ length: 50 }, () => freshId('many'));
    const file = join(directory, 'many.csv');
    const rows = Array.from({ length: 60_000 }, (_, at) => `${users[at % 50]},1`);
    writeFileSync(file, `user_id,score\n${rows.join('\n')}\n`);
    const first = new Run(command, ['import', file, '--game', game]);
    await until(
      'some of it is acknowledged',
      () => {
        if (first.child.exitCode !== null) throw new Error(`ended: ${first.output}${first.errors}`);
        return (
          existsSync(`${file}.import.json`) &&
          JSON.parse(readFileSync(`${file}.import.json`, 'utf8')).offset > 20
        );
      },
      { everyMs: 10 },
    );
    first.child.kill('SIGKILL');
    await first.ended;
    const { output } = await run('import', file, '--game', game);
    expect(output).toContain('The whole file is imported.');
    expect(output).not.toContain('60,000 rows');
    expect(new Set(await Promise.all(users.map((user) => scoreOf(user, game))))).toEqual(new Set([1200]));
  });

  it('says in one line what it cannot read', async () => {
    expect((await run('import')).errors).toBe('FILE is needed: npm run import -- FILE\n');
    const file = join(directory, 'bad.csv');
    writeFileSync(file, 'who,what\n');
    expect((await run('import', file)).errors).toMatch(/^the header must name user_id and score.*\n$/);
  });
});

/** Of a consumer that keeps what it counts beside the events. */
async function connectionFor(region: string): Promise<RedisClientType | RedisClusterType> {
  const { REDIS_URL = '', REDIS_CLUSTER } = stack;
  const rootNodes = REDIS_URL.split(',').map((url) => ({ url }));
  const isCluster = REDIS_CLUSTER === 'true';
  const redis = isCluster
    ? createCluster({ rootNodes })
    : createClient({ url: stack[`REDIS_URL_${region}`] ?? REDIS_URL });
  await redis.connect();
  return redis as RedisClientType | RedisClusterType;
}

describe('the example of a consumer', () => {
  it('counts each event once, over a kill', async () => {
    const ann = freshId('ann');
    const redis = await connectionFor('NA');
    const consume = () => new Run(example, [], stack);
    const play = (score: number) =>
      call('/score', { token: serverToken(), body: { user_id: ann, region: 'NA', score } });
    const counted = async (times: number) =>
      until(`${times} plays are counted`, async () => (await redis.sCard(`plays:${ann}`)) === times);
    const first = consume();
    await play(1);
    await play(2);
    await counted(2);
    first.child.kill('SIGKILL');
    await first.ended;
    await play(3);
    const second = consume();
    await counted(3);
    second.child.kill('SIGTERM');
    await second.ended;
    expect(second.errors).toBe('');
    await redis.close();
  });
});
