import { join } from 'node:path';
import { neutralEnvironment } from '@leaderboard/local/config';
import { type DisposableRedis, startDisposableRedis } from '@leaderboard/local/disposable-redis';
import { type DisposableServer, startDisposable } from '@leaderboard/local/disposable-server';
import { nodeService, whyNotReady } from '@leaderboard/local/node-services';
import { createLogger } from '@leaderboard/shared/logger';
import { queueKey } from '@leaderboard/shared/topology/keys';
import { connectTopology, type RedisConnections } from '@leaderboard/shared/topology/redis-connections';
import { everyone } from '@leaderboard/shared/topology/regions';
import { readTopology } from '@leaderboard/shared/topology/settings';
import type { ShardMap } from '@leaderboard/shared/topology/shards';
import { type Load, runWrk } from '../load/wrk.js';
import { describeErrors, type WrkResult } from '../load/wrk-result.js';
import { cpuPer, readCpu } from '../measure/cpu.js';
import { Population } from '../population/users.js';
import type { Progress } from '../progress.js';
import { fillRedis } from './fill-redis.js';

export interface BoardOptions {
  readonly users: number;
  /** All users live in GLOBAL, so it has as many shards as partitions. */
  readonly shards: number;
  readonly wrk: string;
  readonly jwtSecret: string;
  readonly searchPath: string | undefined;
}

export interface BoardSample {
  readonly result: WrkResult;
  /** µs of CPU of Redis, for each request. */
  readonly redisUs: number;
  /** µs of CPU of the leaderboard-service, for each request; undefined on systems without /proc. */
  readonly serviceUs: number | undefined;
}

/**
 * A Redis and a leaderboard-service with some users on the default board, and nothing else: no gateway, no worker. Redis
 * keeps no append-only file here, which costs the same however many users there are.
 */
export class Board {
  readonly population: Population;

  private constructor(
    readonly options: BoardOptions,
    readonly bytesPerUser: number,
    private readonly redis: RedisConnections,
    private readonly shards: ShardMap,
    private readonly redisServer: DisposableRedis,
    private readonly service: DisposableServer,
  ) {
    this.population = populationOf(options.users);
  }

  static async open(options: BoardOptions, progress: Progress): Promise<Board> {
    const { shards: PARTITIONS, jwtSecret, searchPath } = options;
    const redisServer = await startDisposableRedis(searchPath);
    const settings = { REGIONS: everyone, PARTITIONS, REDIS_URL: redisServer.url };
    const topology = readTopology({ ...settings, REDIS_CLUSTER: false }, {});
    const logger = createLogger({ service: 'bench', instance: 'bench', level: 'fatal' });
    const redis = await connectTopology(topology, 'bench', logger);
    const send = (args: string[]) => redis.of(topology.shards.games).send(args);
    await send(['CONFIG', 'SET', 'appendonly', 'no']);
    const before = usedMemory(String(await send(['INFO', 'memory'])));
    const { users, shards } = options;
    const bar = progress.bar(`${users} users in ${shards} shards`);
    await fillRedis(redis, topology.shards, populationOf(users), (done) => bar.at(done, users));
    bar.end();
    const bytes = usedMemory(String(await send(['INFO', 'memory']))) - before;

    const env = {
      ...neutralEnvironment(),
      ...settings,
      PARTITIONS: String(PARTITIONS),
      JWT_SECRET: jwtSecret,
      // Nobody takes from the queues here.
      QUEUE_MAX: '0',
    };
    const service = await startDisposable({
      basePort: 18_500,
      spec: ({ root }, port) =>
        nodeService({
          role: 'service',
          name: 'service',
          instance: 'growth',
          port,
          env,
          logFile: join(root, 'service.log'),
        }),
      whyNot: (port) => whyNotReady(`http://127.0.0.1:${port}`),
    });
    progress.line(`${users} users in ${shards} shards: ${(bytes / users).toFixed(0)} bytes each`);
    return new Board(options, bytes / users, redis, topology.shards, redisServer, service);
  }

  /** Of the service. */
  get url(): string {
    return `http://127.0.0.1:${this.service.port}`;
  }

  /** @throws when a request fails */
  async run(load: Load, signal: AbortSignal): Promise<BoardSample> {
    const roots = new Map([['service', [this.service.process.pid]]]);
    const [cpuBefore, redisBefore] = [readCpu(roots), await this.#redisCpuUs()];
    const result = await runWrk(this.options.wrk, this.url, load, signal);
    const redisUs = (await this.#redisCpuUs()) - redisBefore;
    const problem = describeErrors(result.errors);
    if (problem !== undefined) throw new Error(`${load.script}: ${problem}`);
    const cpu = cpuPer(result.accepted, cpuBefore, readCpu(roots));
    for (const shard of this.shards.shards) await this.redis.of(shard).send(['UNLINK', queueKey(shard)]);
    return { result, redisUs: redisUs / result.accepted, serviceUs: cpu.service };
  }

  async close(): Promise<void> {
    await this.service.remove();
    await this.redis.close();
    await this.redisServer.remove();
  }

  /** Finer than /proc, and without the time in which others had the core. */
  async #redisCpuUs(): Promise<number> {
    const info = String(await this.redis.all()[0]?.send(['INFO', 'cpu']));
    const seconds = [...info.matchAll(/^used_cpu_(?:sys|user):([\d.]+)/gm)].map(([, text]) => Number(text));
    return seconds.reduce((sum, one) => sum + one, 0) * 1e6;
  }
}

export const populationOf = (users: number) => new Population(users, [everyone]);

const usedMemory = (info: string) => Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
