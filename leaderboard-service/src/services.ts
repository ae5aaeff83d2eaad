import { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import type { RedisConnections } from '@leaderboard/shared/topology/redis';
import type { ShardMap } from '@leaderboard/shared/topology/shards';
import type { Config } from './config.js';
import { Accounts } from './domain/accounts.js';
import { Homes } from './domain/homes.js';
import { Passwords } from './domain/passwords.js';
import { Rankings } from './domain/rankings.js';
import { Scores } from './domain/scores.js';
import { Subjects } from './domain/subject.js';
import { AccountStore } from './store/account-store.js';
import { BoardReader } from './store/board-reader.js';
import { ScoreWriter } from './store/score-writer.js';

/** The domain, wired to its stores: what routes are given. */
export interface Services {
  readonly shards: ShardMap;
  readonly accounts: Accounts;
  readonly subjects: Subjects;
  readonly scores: Scores;
  readonly rankings: Rankings;
  close(): Promise<void>;
}

export function createServices(config: Config, redis: RedisConnections): Services {
  const { shards } = config.topology;
  const scripts = new FencedScripts(redis);
  const passwords = new Passwords({ rounds: config.BCRYPT_ROUNDS, threads: config.BCRYPT_THREADS });
  const accountStore = new AccountStore(scripts, shards, config.QUEUE_MAX);
  const rankings = new Rankings(new BoardReader(scripts), shards);
  const writer = new ScoreWriter(scripts, {
    userWritesPerSecond: config.USER_WRITES_PER_SECOND,
    userWritesBurst: config.USER_WRITES_BURST,
    shardWritesPerSecond: config.REGION_WRITES_PER_SECOND / shards.partitions,
    queueMax: config.QUEUE_MAX,
  });
  const scores = new Scores(writer, rankings, shards);
  return {
    shards,
    scores,
    rankings,
    accounts: new Accounts(accountStore, passwords, scores, shards),
    subjects: new Subjects(shards, new Homes(accountStore), config.PLAYER_WRITES),
    close: () => passwords.close(),
  };
}
