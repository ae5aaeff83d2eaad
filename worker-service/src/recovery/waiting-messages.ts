import {
  type AccountMessage,
  type GameMessage,
  isAccountMessage,
  isGameMessage,
  parseQueueMessage,
  type ScoreMessage,
} from '@leaderboard/shared/contracts/queue-message';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import { waitingLists } from '../redis/waiting-lists.js';

const chunkItems = 1_000;

/**
 * What waits in a closed shard to be stored, the newest message of each entry, account and game: Redis has applied these
 * already, so they stand above what Postgres says.
 */
export async function readWaitingMessages(
  shard: Shard,
  redis: RedisConnection,
): Promise<{ scores: ScoreMessage[]; accounts: AccountMessage[]; games: GameMessage[] }> {
  const scores = new Map<string, ScoreMessage>();
  const accounts = new Map<string, AccountMessage>();
  const games = new Map<string, GameMessage>();
  for (const list of await waitingLists(shard, redis)) {
    for await (const item of readList(redis, list)) {
      const parsed = parseQueueMessage(item);
      if ('reason' in parsed) continue;
      const { message } = parsed;
      if (isAccountMessage(message)) keepNewest(accounts, message.user_id, message);
      else if (isGameMessage(message)) keepNewest(games, message.game, message);
      else keepNewest(scores, `${message.game} ${message.user_id}`, message);
    }
  }
  return { scores: [...scores.values()], accounts: [...accounts.values()], games: [...games.values()] };
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
