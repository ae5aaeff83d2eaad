import type { Logger } from '@leaderboard/shared/logger';
import { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import { idempotencyTtlMs } from '@leaderboard/shared/scripting/write-scores';
import type { RedisConnections } from '@leaderboard/shared/topology/redis-connections';
import type { ShardMap } from '@leaderboard/shared/topology/shards';
import type { Config } from './config.js';
import { Accounts } from './domain/accounts.js';
import { BulkScores } from './domain/bulk.js';
import { GameCatalogue } from './domain/game-catalogue.js';
import { Games } from './domain/games.js';
import { Homes } from './domain/homes.js';
import { Passwords } from './domain/passwords.js';
import { Rankings } from './domain/rankings.js';
import { ScoreBatches } from './domain/score-batches.js';
import type { WriteCounter } from './domain/score-command.js';
import { Scores } from './domain/scores.js';
import { Subjects } from './domain/subject.js';
import { WrittenGames } from './domain/written-games.js';
import type { ServiceMetrics } from './service-metrics.js';
import { AccountStore } from './store/account-store.js';
import { AcknowledgedWrites } from './store/acknowledged-writes.js';
import { BoardReader } from './store/board-reader.js';
import { GameStore } from './store/game-store.js';
import { ScoreWriter } from './store/score-writer.js';
import { UserStore } from './store/user-store.js';

/** Losses are counted over at least this many acknowledged writes, shared out over the shards. */
const rememberedWrites = 400_000;

/** The domain, wired to its stores: what routes are given. */
export interface Services {
  readonly shards: ShardMap;
  readonly accounts: Accounts;
  readonly subjects: Subjects;
  readonly scores: Scores;
  readonly bulk: BulkScores;
  readonly rankings: Rankings;
  readonly games: Games;
  readonly catalogue: GameCatalogue;
  readonly users: UserStore;
  readonly retainPeriods: number;
  close(): Promise<void>;
}

export function createServices(
  config: Config,
  redis: RedisConnections,
  logger: Logger,
  metrics: ServiceMetrics,
): Services {
  const { shards } = config.topology;
  const acknowledged = new AcknowledgedWrites(Math.ceil(rememberedWrites / shards.shards.length));
  const scripts = new FencedScripts(redis, (shard, epoch, floor) => {
    const lost = acknowledged.takeLostAbove(shard, floor);
    metrics.lostWrites.inc({ shard: shard.tag }, lost);
    const report = { shard: shard.tag, epoch, lost };
    if (lost > 0) logger.error(report, 'acknowledged writes were lost with their Redis');
    else logger.info(report, 'shard was reopened');
  });
  const unwatch = scripts.watch(shards.shards);
  const passwords = new Passwords({ rounds: config.BCRYPT_ROUNDS, threads: config.BCRYPT_THREADS });
  const accountStore = new AccountStore(scripts, shards, config.QUEUE_MAX);
  const gameStore = new GameStore(scripts, shards, config.QUEUE_MAX);
  const games = new Games(gameStore);
  const catalogue = new GameCatalogue(gameStore, games, shards);
  const rankings = new Rankings(new BoardReader(scripts), shards);
  const settings = {
    idempotencyTtlMs,
    bucketSeconds: config.WINDOW_BUCKET_MINUTES * 60,
    maxLatenessMs: config.maxLatenessMs,
    userWritesPerSecond: config.USER_WRITES_PER_SECOND,
    userWritesBurst: config.USER_WRITES_BURST,
    shardWritesPerSecond: config.REGION_WRITES_PER_SECOND / shards.partitions,
    queueMax: config.QUEUE_MAX,
  };
  const writer = new ScoreWriter(scripts, settings, acknowledged);
  const writtenGames = new WrittenGames(config.RETAIN_PERIODS);
  const count: WriteCounter = (operator, outcome, writes) =>
    metrics.writes.inc({ operator, outcome }, writes);
  const scores = new Scores(writer, rankings, games, writtenGames, catalogue, shards, count);
  const batches = new ScoreBatches(writer, rankings, writtenGames, scores, shards, count);
  const homes = new Homes(accountStore);
  const users = new UserStore(scripts, shards, config.QUEUE_MAX);
  return {
    shards,
    scores,
    bulk: new BulkScores(batches, games, homes, shards),
    rankings,
    games,
    catalogue,
    users,
    retainPeriods: config.RETAIN_PERIODS,
    accounts: new Accounts(accountStore, users, passwords, scores, shards),
    subjects: new Subjects(shards, homes, config.PLAYER_WRITES),
    async close() {
      unwatch();
      await passwords.close();
    },
  };
}
