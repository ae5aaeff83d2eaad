import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DisposablePostgres, startDisposablePostgres } from '@leaderboard/local/disposable-postgres';
import { type DisposableRedis, startDisposableRedis } from '@leaderboard/local/disposable-redis';
import { whyRedisNotReady } from '@leaderboard/local/redis-server';
import { defaultDefinition, type GameDefinition } from '@leaderboard/shared/contracts/games';
import { createLogger } from '@leaderboard/shared/logger';
import { maxScore } from '@leaderboard/shared/scoring/place';
import { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import {
  idempotencyTtlMs,
  parseWriteScoresReply,
  type ScoreWrite,
  writeScoresArguments,
  writeScoresKeys,
} from '@leaderboard/shared/scripting/write-scores';
import {
  accountKey,
  boardKey,
  dueKey,
  gameLeaseKey,
  gameNamesKey,
  gamesKey,
  hiddenBoardKey,
  queueKey,
  shardKey,
  userKey,
} from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import { connectTopology, type RedisConnections } from '@leaderboard/shared/topology/redis-connections';
import type { Shard } from '@leaderboard/shared/topology/shards';
import type pg from 'pg';
import { Registry } from 'prom-client';
import { type Config, loadConfig } from '../config.js';
import { type DatabasePool, Databases } from '../postgres/databases.js';
import { prepareDatabases } from '../postgres/prepare.js';
import { ShardDoor } from '../recovery/shard-door.js';
import { readWindowDefinitions, type WindowDefinitions } from '../recovery/window-definitions.js';
import { readQueueFigures } from '../redis/queue-figures.js';
import { type Fence, readFence } from '../sql/fence.js';
import { verifyShard } from '../verify/verify-shard.js';
import { startWorker } from '../worker.js';

export interface Write {
  readonly userId: string;
  readonly operation?: 'best' | 'set' | 'incr' | 'create' | 'remove';
  readonly value?: number;
  readonly key?: string;
  readonly requestId?: string;
  readonly eventId?: string;
  readonly name?: string;
  readonly game?: string;
  /** `operator:order` of the game. */
  readonly rules?: string;
  /** As scoring/windows.ts writes them. */
  readonly windows?: string;
  readonly happenedAtMs?: number;
  readonly accountVersion?: number;
}

export interface RunningWorker {
  readonly registry: Registry;
  stop(): Promise<void>;
}

const secret = 'integration-test-secret-0123456789abcdef';
const silent = createLogger({ service: 'test', instance: 'test', level: 'silent' });

/** A Redis and a Postgres of their own, and what services and workers do with them. One for each test file. */
export class Harness {
  readonly #workers = new Set<RunningWorker>();

  private constructor(
    readonly redisServer: DisposableRedis,
    readonly postgresServer: DisposablePostgres,
    readonly environment: Record<string, string>,
    readonly config: Config,
    readonly connections: RedisConnections,
    readonly databases: Databases,
  ) {}

  /** @param more of the environment, or what makes it once Postgres is there */
  static async start(
    more: Record<string, string> | ((postgres: DisposablePostgres) => Promise<Record<string, string>>) = {},
  ): Promise<Harness> {
    const [redis, postgres] = await Promise.all([
      startDisposableRedis(process.env.PATH),
      startDisposablePostgres(),
    ]);
    const { host, port, user, password } = postgres.address;
    const all = {
      REDIS_URL: redis.url,
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: user,
      PGPASSWORD: password,
      REGIONS: 'ASIA,GLOBAL',
      LOG_LEVEL: 'silent',
      LEASE_MS: '1000',
      JWT_SECRET: secret,
      ...(typeof more === 'function' ? await more(postgres) : more),
    };
    const config = loadConfig(all);
    await prepareDatabases(config.postgres, silent);
    const connections = await connectTopology(config.topology, 'test', silent);
    const databases = new Databases({ addresses: config.postgres, partitions: 1, poolMax: 16 }, silent);
    return new Harness(redis, postgres, all, config, connections, databases);
  }

  /** Empty servers and no worker, for the next test. */
  async reset(): Promise<void> {
    await this.stopWorkers();
    await this.redis.send(['CONFIG', 'SET', 'maxmemory', '0']);
    await this.redis.send(['FLUSHALL']);
    await this.redis.send(['SCRIPT', 'FLUSH']);
    for (const region of this.config.postgres.keys()) {
      await this.databases.ofRegion(region).query(
        `TRUNCATE leaderboard, score_events, accounts, dead_letters, shards, recoveries, games, game_rules,
                    hidden_users, erasures, admin_acts, webhooks, webhook_deliveries, webhook_marks, layout`,
      );
    }
  }

  async close(): Promise<void> {
    await this.stopWorkers();
    await this.connections.close();
    await this.databases.close();
    await Promise.all([this.redisServer.remove(), this.postgresServer.remove()]);
  }

  async stopWorkers(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.stop()));
  }

  /** A worker inside of this process. */
  async worker(environment: Record<string, string> = {}): Promise<RunningWorker> {
    const closers: (() => unknown)[] = [];
    const registry = new Registry();
    const config = loadConfig({ ...this.environment, ...environment });
    await startWorker(config, silent, registry, { onClose: (_name, close) => closers.push(close) });
    const worker: RunningWorker = {
      registry,
      stop: async () => {
        this.#workers.delete(worker);
        for (let close = closers.pop(); close; close = closers.pop()) await close();
      },
    };
    this.#workers.add(worker);
    return worker;
  }

  get asia(): Shard {
    return this.config.topology.shards.home('ASIA', 'anyone');
  }

  get global(): Shard {
    return this.config.topology.shards.home('GLOBAL', 'anyone');
  }

  get redis(): RedisConnection {
    return this.connections.of(this.asia);
  }

  get postgres(): DatabasePool {
    return this.databases.of(this.asia);
  }

  /** Score writes as a leaderboard-service does them, in one call. Returns the codes. */
  async write(writes: readonly Write[], shard = this.asia): Promise<string[]> {
    const made = writes.map(
      ({ userId, operation = 'set', value = 0, key, eventId, ...rest }): ScoreWrite => ({
        eventId: key ?? eventId ?? randomUUID(),
        userId,
        name: rest.name,
        newName: userId,
        game: {
          game: rest.game ?? 'default',
          rules: rest.rules ?? 'best:desc',
          leastScore: -maxScore,
          greatestScore: maxScore,
          greatestDelta: maxScore,
          windows: rest.windows ?? '',
        },
        operation,
        value: operation === 'remove' ? undefined : value,
        limited: false,
        idempotency: key === undefined ? undefined : { key, requestHash: 'hash' },
        requestId: rest.requestId ?? 'request',
        happenedAtMs: rest.happenedAtMs,
        accountVersion: rest.accountVersion,
      }),
    );
    const settings = {
      queueMax: 0,
      userWritesPerSecond: 0,
      userWritesBurst: 1,
      shardWritesPerSecond: 0,
      idempotencyTtlMs,
      bucketSeconds: 3600,
      maxLatenessMs: 24 * 3_600_000,
    };
    const args = writeScoresArguments(shard, settings, made);
    const scripts = new FencedScripts(this.connections);
    const reply = await scripts.run('write-scores', shard, writeScoresKeys(shard), args);
    return parseWriteScoresReply(reply).replies.map(({ code }) => code);
  }

  async register(userId: string, region: string, passwordHash: string): Promise<void> {
    const shard = this.global;
    await new FencedScripts(this.connections).run(
      'register-account',
      shard,
      [shardKey(shard), queueKey(shard), accountKey(shard, userId)],
      ['0', randomUUID(), userId, userId, region, passwordHash],
    );
  }

  /** Hides a user or shows it again, as an admin does. */
  async hide(userId: string, hidden: boolean, shard = this.asia): Promise<void> {
    const keys = [
      shardKey(shard),
      queueKey(shard),
      userKey(shard, userId),
      boardKey(shard),
      hiddenBoardKey(shard),
    ];
    const args = ['0', randomUUID(), userId, shard.region, hidden ? '1' : '0', 'operator', 'request'];
    await new FencedScripts(this.connections).run('hide-user', shard, keys, args);
  }

  /** Erases what a shard has of an account of this version. */
  async erase(userId: string, accountVersion: number, shard = this.asia): Promise<void> {
    const keys = [
      shardKey(shard),
      queueKey(shard),
      userKey(shard, userId),
      boardKey(shard),
      hiddenBoardKey(shard),
      dueKey(shard),
    ];
    const args = [randomUUID(), userId, shard.region, String(accountVersion), 'operator', 'request'];
    await new FencedScripts(this.connections).run('erase-user', shard, keys, args);
  }

  /** A game as a leaderboard-service stores it. */
  async putGame(game: string, definition: Partial<GameDefinition>): Promise<void> {
    const shard = this.global;
    const scripts = new FencedScripts(this.connections);
    const lease = gameLeaseKey(shard, game);
    await scripts.run('lease-game', shard, [shardKey(shard), lease], ['token', '10000']);
    await scripts.run(
      'write-game',
      shard,
      [shardKey(shard), queueKey(shard), gamesKey(shard), gameNamesKey(shard), lease],
      [
        '0',
        'token',
        randomUUID(),
        game,
        JSON.stringify({ ...defaultDefinition, ...definition }),
        'operator',
        'request',
      ],
    );
  }

  readWindows(): Promise<WindowDefinitions> {
    return readWindowDefinitions(
      this.global,
      this.connections.of(this.global),
      this.databases.of(this.global),
      this.config.windows,
    );
  }

  async restartRedis(betweenStopAndStart = () => {}): Promise<void> {
    const { process: server, port } = this.redisServer;
    await server.stop();
    betweenStopAndStart();
    server.start();
    await until(async () => (await whyRedisNotReady(port)) === undefined);
    await until(async () => this.redis.ready);
  }

  /** Where Redis keeps its append-only file. */
  redisDirectory(): string {
    const { args } = this.redisServer.process.spec;
    return join(args[args.indexOf('--dir') + 1] ?? '', 'appendonlydir');
  }

  /** Pushes raw text, as nobody should. */
  async push(...items: string[]): Promise<void> {
    await this.redis.send(['LPUSH', queueKey(this.asia), ...items]);
  }

  async open(shard = this.asia): Promise<void> {
    const door = new ShardDoor(shard, this.redis);
    await until(async () => {
      const { rows } = await this.databases.of(shard).query<Fence>(readFence, [shard.tag]);
      const epoch = await door.openEpoch();
      return epoch > 0 && epoch === Number(rows[0]?.epoch);
    });
  }

  async drained(shard = this.asia): Promise<void> {
    await until(async () => {
      const { waiting, inFlight } = await readQueueFigures(shard, this.redis);
      return waiting + inFlight === 0;
    });
  }

  async rows<Row extends pg.QueryResultRow>(query: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.postgres.query<Row>(query, values)).rows;
  }

  /** user → score as Postgres has it. */
  async stored(): Promise<Record<string, number | null>> {
    const rows = await this.rows<{ user_id: string; score: string | null }>(
      'SELECT user_id, score FROM leaderboard',
    );
    return Object.fromEntries(
      rows.map(({ user_id, score }) => [user_id, score === null ? null : Number(score)]),
    );
  }

  /** user → score as the board has it. */
  async ranked(): Promise<Record<string, number>> {
    const places = (await this.redis.send(['ZRANGE', boardKey(this.asia), '0', '-1', 'WITHSCORES'])) as [
      string,
      number,
    ][];
    return Object.fromEntries(places.map(([member, sortKey]) => [member.slice(16), 0 - sortKey]));
  }

  /** What `npm run verify` finds. */
  async differences(shard = this.asia): Promise<string[]> {
    const found: string[] = [];
    const client = await this.databases.connect(shard.region, {});
    try {
      await verifyShard({
        shard,
        shards: this.config.topology.shards,
        redis: this.connections.of(shard),
        client,
        report: (difference) => found.push(difference),
        onProgress: () => {},
      });
    } finally {
      await client.end();
    }
    return found;
  }
}

/** Waits for a condition; what it throws meanwhile counts as "not yet". */
export async function until(condition: () => Promise<boolean>, timeoutMs = 20_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let trouble: unknown;
  while (Date.now() < deadline) {
    try {
      if (await condition()) return;
      trouble = undefined;
    } catch (error) {
      trouble = error;
    }
    await sleep(20);
  }
  throw new Error(`not within ${timeoutMs} ms: ${condition}`, { cause: trouble });
}
