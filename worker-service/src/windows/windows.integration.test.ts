import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { periodAt } from '@leaderboard/shared/scoring/periods';
import { scoreOf } from '@leaderboard/shared/scoring/place';
import { windowsText } from '@leaderboard/shared/scoring/windows';
import { boardKey, dueKey, shardKey, userKey } from '@leaderboard/shared/topology/keys';
import type { Shard } from '@leaderboard/shared/topology/shards';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Harness, until } from '../testing/harness.js';
import {
  allTime,
  asBoard,
  inPeriod,
  inRolling,
  type ModelEvent,
  type ModelRules,
} from '../testing/windows-model.js';
import { sweepWindows } from './window-sweeper.js';

const hourUs = 3_600_000_000;
const bucketSeconds = 3_600;
const timezone = 'America/New_York';
const windows = ['24h', '3d', '7d', 'daily', 'weekly', 'monthly'] as const;
const lengths = { '24h': 86_400, '3d': 259_200, '7d': 604_800 };
const retainPeriods = 3;

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
});
beforeEach(() => harness.reset());
afterAll(() => harness.close());

/** Numbers that are the same in every run with the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const versionOf = async (shard: Shard) =>
  Number(await harness.redis.send(['HGET', shardKey(shard), 'version']));

/** The shard's time, µs. It never goes back, so it can be moved by the last version that the shard gave out. */
const timeOf = async (shard: Shard) => Math.max(await versionOf(shard), Date.now() * 1000);

const moveClock = async (shard: Shard, byUs: number) => {
  const version = (await timeOf(shard)) + byUs;
  await harness.redis.send(['HSET', shardKey(shard), 'version', String(version)]);
};

async function sweep(shard: Shard): Promise<void> {
  while ((await sweepWindows(shard, harness.redis, bucketSeconds, 3)) === 3);
}

async function boardOf(shard: Shard, game: string, order: ModelRules['order'], stretch?: string) {
  const entries = (await harness.redis.send([
    'ZRANGE',
    boardKey(shard, game, stretch),
    '0',
    '-1',
    'WITHSCORES',
  ])) as [string, number][];
  return entries.map(([member, key]) => `${member.slice(16)} ${scoreOf(Number(key), order)}`);
}

/** Plays one game in one shard: writes with a clock that moves, late events, ties and removals. */
class Play {
  readonly events: ModelEvent[] = [];

  constructor(
    readonly shard: Shard,
    readonly game: string,
    readonly rules: ModelRules,
    readonly random: (below: number) => number,
  ) {}

  async step(): Promise<void> {
    const { random } = this;
    await moveClock(this.shard, random(3) === 0 ? random(9) * hourUs : random(hourUs / 4));
    const nowUs = await timeOf(this.shard);
    const isLate = random(4) === 0;
    const happenedUs = isLate ? Math.floor((nowUs - random(23 * hourUs)) / 1000) * 1000 : nowUs;
    const userId = `user-${random(5)}`;
    const kind = random(12);
    const op = kind === 0 ? 'remove' : kind === 1 ? 'set' : kind === 2 ? 'incr' : this.rules.operator;
    const value = random(7) - 2;
    const [code] = await harness.write(
      [
        {
          userId,
          operation: op,
          value,
          game: this.game,
          rules: `${this.rules.operator}:${this.rules.order}`,
          windows: windowsText({ windows, timezone, retainPeriods }, [happenedUs / 1000]),
          ...(isLate && { happenedAtMs: happenedUs / 1000 }),
        },
      ],
      this.shard,
    );
    if (op === 'remove' && code === 'not_ranked') return;
    expect(code).toBe('applied');
    const version = await versionOf(this.shard);
    this.events.push({ userId, op, value, version, happenedUs: isLate ? happenedUs : version });
  }

  /** The boards as they should be now, and as they are. */
  async compare(): Promise<void> {
    const { shard, game, events, rules } = this;
    await sweep(shard);
    const nowUs = Math.floor((await versionOf(shard)) / 1_000_000) * 1_000_000;
    const expected: Record<string, string[]> = { all: asBoard(allTime(events, rules), rules.order) };
    const found: Record<string, string[]> = { all: await boardOf(shard, game, rules.order) };
    for (const [name, length] of Object.entries(lengths)) {
      expected[name] = asBoard(inRolling(events, rules, length, bucketSeconds, nowUs), rules.order);
      found[name] = await boardOf(shard, game, rules.order, name);
    }
    for (const window of ['daily', 'weekly', 'monthly'] as const) {
      const periods = new Map(
        events.map(({ happenedUs }) => {
          const period = periodAt(window, timezone, happenedUs / 1000);
          return [period.name, period];
        }),
      );
      for (const [name, period] of periods) {
        expected[name] = asBoard(inPeriod(events, rules, period), rules.order);
        found[name] = await boardOf(shard, game, rules.order, name);
      }
    }
    expect(found).toEqual(expected);
  }
}

describe('windows', () => {
  const rulesUnderTest: ModelRules[] = [
    { operator: 'best', order: 'desc' },
    { operator: 'best', order: 'asc' },
    { operator: 'incr', order: 'desc' },
    { operator: 'set', order: 'asc' },
  ];
  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

  it(`are what all events say, at any time, and again after Redis was emptied (SEED=${seed})`, async () => {
    await harness.worker();
    const plays: Play[] = [];
    for (const shard of [harness.asia, harness.global]) await harness.open(shard);
    for (const shard of [harness.asia, harness.global]) {
      for (const [at, rules] of rulesUnderTest.entries()) {
        const game = `${shard.tag.toLowerCase()}-${at}`;
        await harness.putGame(game, { ...rules, windows: [...windows], timezone });
        plays.push(new Play(shard, game, rules, randomFrom(seed + plays.length)));
      }
    }
    for (let round = 0; round < 8; round += 1) {
      for (const play of plays) {
        for (let step = 0; step < 12; step += 1) await play.step();
        await play.compare();
      }
    }
    for (const play of plays) await play.compare();

    for (const { shard } of plays) await harness.drained(shard);
    await harness.stopWorkers();
    await harness.redis.send(['FLUSHALL']);
    await harness.redis.send(['SCRIPT', 'FLUSH']);
    await harness.worker();
    for (const shard of [harness.asia, harness.global]) await harness.open(shard);
    for (const play of plays) await play.compare();
    for (const play of plays) {
      for (let step = 0; step < 12; step += 1) await play.step();
      await play.compare();
    }
  });

  const daily = (timeUs: number) =>
    windowsText({ windows: ['daily', '24h'], timezone: 'UTC', retainPeriods }, [timeUs / 1000]);

  it('bring the next best score back when the best leaves a rolling window', async () => {
    await harness.worker();
    await harness.open();
    const write = async (value: number) => {
      const text = daily(await timeOf(harness.asia));
      expect(await harness.write([{ userId: 'ann', operation: 'best', value, windows: text }])).toEqual([
        'applied',
      ]);
    };
    await write(9);
    await moveClock(harness.asia, 20 * hourUs);
    await write(5);
    expect(await boardOf(harness.asia, 'default', 'desc', '24h')).toEqual(['ann 9']);
    await moveClock(harness.asia, 6 * hourUs);
    await until(async () => (await boardOf(harness.asia, 'default', 'desc', '24h'))[0] === 'ann 5');
    await moveClock(harness.asia, 20 * hourUs);
    await until(async () => (await boardOf(harness.asia, 'default', 'desc', '24h')).length === 0);
    expect(await boardOf(harness.asia, 'default', 'desc')).toEqual(['ann 9']);
    expect(await harness.redis.send(['EXISTS', dueKey(harness.asia)])).toBe(0);
    expect(await harness.redis.send(['HEXISTS', userKey(harness.asia, 'ann'), 'rolling:default'])).toBe(0);
  });

  it('lose nothing with the tail of a Redis that comes back older', async () => {
    await harness.worker();
    for (const shard of [harness.asia, harness.global]) await harness.open(shard);
    await harness.putGame('default', { operator: 'incr', windows: ['daily', '24h'] });
    const write = async (value: number) =>
      harness.write([
        { userId: 'ann', operation: 'incr', value, rules: 'incr:desc', windows: daily(Date.now() * 1000) },
      ]);
    const saved = mkdtempSync(join(tmpdir(), 'windows-test-'));
    await write(1);
    await harness.drained();
    await harness.restartRedis(() => cpSync(harness.redisDirectory(), saved, { recursive: true }));
    await harness.open();
    await write(2);
    await write(4);
    await harness.drained();
    await harness.stopWorkers();
    await harness.restartRedis(() => {
      rmSync(harness.redisDirectory(), { recursive: true });
      cpSync(saved, harness.redisDirectory(), { recursive: true });
      rmSync(saved, { recursive: true });
    });
    await harness.worker();
    await harness.open();
    expect(await boardOf(harness.asia, 'default', 'desc', '24h')).toEqual(['ann 7']);
    expect(await harness.ranked()).toEqual({ ann: 7 });
    expect(await harness.differences()).toEqual([]);
  });
});
