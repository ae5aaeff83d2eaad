import {
  type AccountMessage,
  type EraseMessage,
  type GameMessage,
  type HiddenMessage,
  isAccountMessage,
  isGameMessage,
  isScoreMessage,
  parseQueueMessage,
  type ScoreMessage,
} from '@leaderboard/shared/contracts/queue-message';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import { waitingLists } from '../redis/waiting-lists.js';

const chunkItems = 1_000;

/** What waits in a closed shard to be stored. Redis has applied it, so it stands above what Postgres says. */
export interface WaitingMessages {
  /** Every score message, by version. */
  readonly events: readonly ScoreMessage[];
  /** The newest of each entry, account, game, and of what hides and erases each user. */
  readonly scores: readonly ScoreMessage[];
  readonly accounts: readonly AccountMessage[];
  readonly games: readonly GameMessage[];
  readonly users: readonly (HiddenMessage | EraseMessage)[];
}

export async function readWaitingMessages(shard: Shard, redis: RedisConnection): Promise<WaitingMessages> {
  const events: ScoreMessage[] = [];
  const scores = new Map<string, ScoreMessage>();
  const accounts = new Map<string, AccountMessage>();
  const games = new Map<string, GameMessage>();
  const users = new Map<string, HiddenMessage | EraseMessage>();
  for (const list of await waitingLists(shard, redis)) {
    for await (const item of readList(redis, list)) {
      const parsed = parseQueueMessage(item);
      if ('reason' in parsed) continue;
      const { message } = parsed;
      if (isAccountMessage(message)) keepNewest(accounts, message.user_id, message);
      else if (isGameMessage(message)) keepNewest(games, message.game, message);
      else if (isScoreMessage(message)) {
        events.push(message);
        keepNewest(scores, `${message.game} ${message.user_id}`, message);
      } else keepNewest(users, `${message.op} ${message.user_id}`, message);
    }
  }
  const byVersion = (a: { version: number }, b: { version: number }) => a.version - b.version;
  return {
    events: events.sort(byVersion),
    scores: [...scores.values()],
    accounts: [...accounts.values()],
    games: [...games.values()],
    users: [...users.values()].sort(byVersion),
  };
}

async function* readList(redis: RedisConnection, list: string): AsyncGenerator<string> {
  for (let at = 0; ; at += chunkItems) {
    const items = (await redis.send(['LRANGE', list, String(at), String(at + chunkItems - 1)])) as string[];
    yield* items;
    if (items.length < chunkItems) return;
  }
}

function keepNewest<Message extends { version: number }>(
  newest: Map<string, Message>,
  key: string,
  message: Message,
) {
  if ((newest.get(key)?.version ?? -1) < message.version) newest.set(key, message);
}
