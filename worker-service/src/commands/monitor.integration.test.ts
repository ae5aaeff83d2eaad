import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type DisposableRedis, startDisposableRedis } from '@leaderboard/local/disposable-redis';
import { createLogger } from '@leaderboard/shared/logger';
import { connectRedis, type RedisConnection } from '@leaderboard/shared/topology/redis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../testing/harness.js';

/** `npm run monitor` as a process, with events appended as the worker's ack does. */

const file = fileURLToPath(new URL('../../dist/commands/monitor.js', import.meta.url));
const stream = 'events:{ASIA}';
let server: DisposableRedis;
let redis: RedisConnection;
let monitors: Monitor[] = [];

class Monitor {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  output = '';
  errors = '';

  constructor(...args: string[]) {
    const env = { PATH: process.env.PATH, REDIS_URL: server.url, REGIONS: 'ASIA,GLOBAL' };
    this.child = spawn(process.execPath, [file, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.output += chunk.toString();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.errors += chunk.toString();
    });
    this.ended = once(this.child, 'close');
    monitors.push(this);
  }

  get ids(): string[] {
    // The last piece is a line that has not ended yet, or nothing.
    const lines = this.output.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line).event_id);
  }

  async shows(...ids: string[]): Promise<void> {
    await until(async () => this.ids.length >= ids.length);
    expect(this.ids).toEqual(ids);
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    this.child.kill(signal);
    await this.ended;
    return this.child.exitCode;
  }
}

const append = async (...ids: string[]) => {
  for (const event_id of ids)
    await redis.send(['XADD', stream, '*', 'event', JSON.stringify({ event_id, user_id: 'ann' })]);
};

const pending = async () => ((await redis.send(['XPENDING', stream, 'monitor'])) as [number])[0];
const allShown = () => until(async () => (await pending()) === 0);
/** All of so many monitors have seen what they had not acked, and wait at both shards for what is new. */
const allWait = (count: number) =>
  until(
    async () => String(await redis.send(['CLIENT', 'LIST'])).split('cmd=xread ').length - 1 === 2 * count,
  );

beforeAll(async () => {
  server = await startDisposableRedis(process.env.PATH);
  const logger = createLogger({ service: 'test', instance: 'test', level: 'silent' });
  redis = await connectRedis({ variable: 'REDIS_URL', url: server.url }, 'test', logger);
});
beforeEach(async () => {
  await redis.send(['FLUSHALL']);
});
afterEach(async () => {
  await Promise.all(monitors.map((monitor) => monitor.stop('SIGKILL')));
  monitors = [];
});
afterAll(async () => {
  await redis.close();
  await server.remove();
});

describe('monitor', () => {
  it('begins with the next event, and ends cleanly at Ctrl-C', async () => {
    await append('old');
    const monitor = new Monitor('--json');
    await until(async () => (await redis.send(['EXISTS', 'events:{GLOBAL}'])) === 1);
    await until(async () => (await pending()) === 0);
    await append('new');
    await monitor.shows('new');
    expect(await monitor.stop()).toBe(0);
    expect(monitor.errors).toBe('');
  });

  it('begins with what is kept when asked to', async () => {
    await append('one', 'two');
    const monitor = new Monitor('--json', '--from-start', '--region', 'asia');
    await append('three');
    await monitor.shows('one', 'two', 'three');
  });

  it('goes on where it stopped', async () => {
    await append('one');
    const first = new Monitor('--json', '--from-start');
    await first.shows('one');
    await first.stop();
    await append('two');
    const second = new Monitor('--json', '--from-start');
    await second.shows('two');
    await allShown();
  });

  it('shows what it was given and had not shown when it was killed, before what is new', async () => {
    await append('one', 'two', 'three');
    const consumer = (await import('node:os')).hostname();
    await redis.send(['XGROUP', 'CREATE', stream, 'monitor', '0', 'ENTRIESREAD', '0']);
    await redis.send(['XREADGROUP', 'GROUP', 'monitor', consumer, 'COUNT', '2', 'STREAMS', stream, '>']);
    const monitor = new Monitor('--json');
    await monitor.shows('one', 'two', 'three');
    await allShown();
  });

  it('takes over what another consumer was given long ago', async () => {
    await append('one');
    await redis.send(['XGROUP', 'CREATE', stream, 'monitor', '0', 'ENTRIESREAD', '0']);
    await redis.send(['XREADGROUP', 'GROUP', 'monitor', 'gone', 'STREAMS', stream, '>']);
    const [[id]] = (await redis.send(['XRANGE', stream, '-', '+'])) as [[string]];
    await redis.send(['XCLAIM', stream, 'monitor', 'gone', '0', id, 'IDLE', '100000', 'JUSTID']);
    await new Monitor('--json').shows('one');
    await allShown();
  });

  it('counts what was trimmed while it was away, once', async () => {
    await append('one');
    const first = new Monitor('--json', '--from-start');
    await first.shows('one');
    await first.stop();
    await append('two', 'three', 'four', 'five');
    await redis.send(['XTRIM', stream, 'MAXLEN', '1']);
    const second = new Monitor('--json');
    await second.shows('five');
    expect(second.errors).toBe('ASIA: 3 events were trimmed before they could be read\n');
    await append('six');
    await redis.send(['XTRIM', stream, 'MAXLEN', '1']);
    await second.shows('five', 'six');
    await second.stop();
    expect(second.errors.split('\n')).toHaveLength(2);
    const [group] = (await redis.send([
      'EVAL',
      "return redis.call('XINFO', 'GROUPS', KEYS[1])",
      '1',
      stream,
    ])) as [unknown[]];
    expect(group.at(-1)).toBe(0);
  });

  it('says that all of a stream was trimmed', async () => {
    await append('one');
    const first = new Monitor('--json', '--from-start');
    await first.shows('one');
    await first.stop();
    await append('two', 'three');
    await redis.send(['XTRIM', stream, 'MAXLEN', '0']);
    const second = new Monitor('--json');
    await until(async () => second.errors === 'ASIA: 2 events were trimmed before they could be read\n');
  });

  it('goes on after Redis was restarted, without a repetition', async () => {
    await append('one');
    const monitor = new Monitor('--json', '--from-start');
    await monitor.shows('one');
    await allShown();
    await server.process.stop();
    await server.process.start();
    await until(async () => {
      await append('two');
      return true;
    });
    await monitor.shows('one', 'two');
    await until(async () => monitor.errors.includes('ASIA: connected again'));
  });

  it('makes its group again when the stream is gone, and says so', async () => {
    await append('one');
    const monitor = new Monitor('--json', '--from-start');
    await monitor.shows('one');
    await redis.send(['FLUSHALL']);
    await append('two');
    await monitor.shows('one', 'two');
    expect(monitor.errors).toContain('ASIA: the stream or its group was gone: made again');
  });

  it('ends quietly when nobody reads its output any more, and has not acked that', async () => {
    await append('one');
    const monitor = new Monitor('--json', '--from-start');
    await monitor.shows('one');
    monitor.child.stdout?.destroy();
    await append('two');
    await monitor.ended;
    expect(monitor.child.exitCode).toBe(0);
    expect(monitor.errors).toBe('');
    await new Monitor('--json').shows('two');
  });

  it('shares a group between two without giving an event to both', async () => {
    const both = [new Monitor('--json'), new Monitor('--json')];
    await allWait(2);
    const ids = Array.from({ length: 50 }, (_, at) => `e${at}`);
    await append(...ids);
    await until(async () => both.flatMap((monitor) => monitor.ids).length >= 50);
    expect(both.flatMap((monitor) => monitor.ids).sort()).toEqual(ids.sort());
  });

  it('refuses a region that does not exist, in one line', async () => {
    const monitor = new Monitor('--region', 'mars');
    await monitor.ended;
    expect(monitor.errors).toBe('--region must be one of ASIA, GLOBAL\n');
  });
});
