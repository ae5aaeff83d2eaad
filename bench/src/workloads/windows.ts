import { maxScore } from '@leaderboard/shared/scoring/place';
import { defaultRules } from '@leaderboard/shared/scoring/rules';
import { type KeptWindow, windowsText } from '@leaderboard/shared/scoring/windows';
import { readLua } from '@leaderboard/shared/scripting/script-text';
import {
  sweepChunkUsers,
  sweepWindowsArguments,
  sweepWindowsKeys,
} from '@leaderboard/shared/scripting/sweep-windows';
import type { WrittenGame } from '@leaderboard/shared/scripting/write-scores';
import { boardKey, defaultGame, shardKey } from '@leaderboard/shared/topology/keys';
import type { Bench } from '../bench.js';
import { writeDirectly } from '../load/direct-writes.js';
import { type LoneRedis, startLoneRedis } from '../platform/lone-redis.js';
import { usedMemory } from '../platform/redis-rebuild.js';
import type { Sample, Side, Workload } from './workload.js';

const game = defaultGame;
const bucketSeconds = 3_600;
const hourUs = 3_600_000_000;
/** Later writes, after every user has an entry. */
const laterWrites = 100_000;
const chunkWrites = 20_000;
const slowFromUs = 500;
/** When the 24 hours are over, then the 7 days; an hour more, as a bucket counts until all of it is too old. */
const sweptAfterHours = [26, 7 * 24 + 2];

/**
 * What windows cost: bytes of Redis per user, CPU of Redis for a write by somebody who has an entry or not, and what it
 * takes to sweep everybody out of the rolling ones.
 */
export const windows: Workload = {
  group: 'windows',
  name: 'Redis memory per user with windows',
  baseline: 'a game without windows',
  unit: 'bytes',
  once: true,
  async prepare(bench) {
    const redis = await startLoneRedis(bench);
    return {
      sides: [
        side(bench, redis, '24h + 7d', ['24h', '7d']),
        side(bench, redis, 'all time only', []),
        side(bench, redis, 'daily + weekly', ['daily', 'weekly']),
      ],
      finish: () => redis.close(),
    };
  },
};

function side(bench: Bench, redis: LoneRedis, name: string, kept: readonly KeptWindow[]): Side {
  return {
    name,
    async round(): Promise<Sample> {
      const { population, progress } = bench;
      await redis.reset();
      const emptyBytes = await usedMemory(redis.connection);
      const written = gameWith(kept);
      const bar = progress.bar(`writes with ${name}`);
      const first = await writeByAll(bench, redis, written, population.count, (done) =>
        bar.at(done, population.count),
      );
      bar.end();
      const bytes = ((await usedMemory(redis.connection)) - emptyBytes) / population.count;
      const again = await writeByAll(bench, redis, written, Math.min(laterWrites, population.count));
      const figures = { 'µs of Redis for a first write': first, 'µs of Redis for a later write': again };
      if (!kept.includes('24h')) return { value: bytes, figures };
      const swept = await sweepAll(bench, redis);
      return { value: bytes, figures: { ...figures, ...swept.figures }, failures: swept.failures };
    },
  };
}

function gameWith(kept: readonly KeptWindow[]): WrittenGame {
  const rules = { windows: kept, timezone: 'UTC', retainPeriods: 3 };
  return {
    game,
    rules: defaultRules,
    leastScore: -maxScore,
    greatestScore: maxScore,
    greatestDelta: maxScore,
    // As services do: the periods around now, because the script chooses by Redis' clock.
    windows: windowsText(
      rules,
      [-2, 0, 2].map((hours) => Date.now() + (hours * hourUs) / 1000),
    ),
  };
}

/** A better score by each of the first users. Returns µs of Redis for a write, that is of the script and its call. */
async function writeByAll(
  { population, offsets, signal }: Bench,
  redis: LoneRedis,
  written: WrittenGame,
  count: number,
  onProgress: (done: number) => void = () => {},
): Promise<number> {
  const offset = offsets.take(1);
  const before = await cpuUs(redis);
  for (let from = 0; from < count; from += chunkWrites) {
    const size = Math.min(chunkWrites, count - from);
    const writes = Array.from({ length: size }, (_, at) => {
      const user = population.shuffled(from + at);
      return { user, score: user.firstScore + offset };
    });
    await writeDirectly(redis, writes, { limited: true, game: written, signal });
    await redis.emptyQueues();
    onProgress(from + size);
  }
  return ((await cpuUs(redis)) - before) / count;
}

/** Lets time pass for the shards, and takes out what has become too old, chunk by chunk as a worker does. */
async function sweepAll({ population, progress, signal }: Bench, redis: LoneRedis) {
  const { connection, shards } = redis;
  const sha = String(await connection.send(['SCRIPT', 'LOAD', readLua('sweep-windows')]));
  const args = sweepWindowsArguments(sweepChunkUsers, bucketSeconds);
  await connection.send(['CONFIG', 'SET', 'slowlog-log-slower-than', String(slowFromUs)]);
  await connection.send(['CONFIG', 'SET', 'slowlog-max-len', '100000']);
  await connection.send(['SLOWLOG', 'RESET']);
  const before = await cpuUs(redis);
  const bar = progress.bar('sweeping');
  let swept = 0;
  for (const hours of sweptAfterHours) {
    const version = String(Date.now() * 1000 + hours * hourUs);
    for (const shard of shards.shards) {
      await connection.send(['HSET', shardKey(shard), 'version', version]);
      const keys = sweepWindowsKeys(shard);
      for (let users = sweepChunkUsers; users === sweepChunkUsers; swept += users) {
        signal.throwIfAborted();
        users = Number(await connection.send(['EVALSHA', sha, String(keys.length), ...keys, ...args]));
        bar.at(swept, sweptAfterHours.length * population.count);
      }
    }
  }
  bar.end();
  const us = (await cpuUs(redis)) - before;
  const slow = (await connection.send(['SLOWLOG', 'GET', '-1'])) as [number, number, number][];
  const boards = shards.shards.flatMap((shard) => ['24h', '7d'].map((name) => boardKey(shard, game, name)));
  const left = Number(await connection.send(['EXISTS', ...boards]));
  return {
    figures: {
      'µs of Redis per expired entry': us / swept,
      'expired entries': swept,
      'µs of the longest command during the sweep': Math.max(slowFromUs, ...slow.map(([, , took]) => took)),
    },
    failures: left > 0 ? [`${left} boards of rolling windows are not empty after the sweep`] : [],
  };
}

/** CPU time: the time that a command took would count whatever else had its turn meanwhile. */
async function cpuUs({ connection }: LoneRedis): Promise<number> {
  const info = String(await connection.send(['INFO', 'cpu']));
  const seconds = (kind: string) => Number(new RegExp(`^used_cpu_${kind}:([\\d.]+)`, 'm').exec(info)?.[1]);
  return (seconds('user') + seconds('sys')) * 1e6;
}
