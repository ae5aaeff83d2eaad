import {
  isAccountMessage,
  isEraseMessage,
  isGameMessage,
  isScoreMessage,
  parseQueueMessage,
  type QueueMessage,
} from '@leaderboard/shared/contracts/queue-message';
import { everyone } from '@leaderboard/shared/topology/regions';
import type { Shard, ShardMap } from '@leaderboard/shared/topology/shards';
import type { DeadLetter } from '../drain/shard-queue.js';

/** A message and the text it came as, which goes to Postgres unchanged. */
export interface Entry {
  readonly item: string;
  readonly message: QueueMessage;
}

export interface Batch {
  readonly entries: readonly Entry[];
  /** What is no message of this shard. */
  readonly dead: readonly DeadLetter[];
}

export function readBatch(items: readonly string[], shard: Shard, shards: ShardMap): Batch {
  const entries: Entry[] = [];
  const dead: DeadLetter[] = [];
  for (const item of items) {
    const parsed = parseQueueMessage(item);
    if ('reason' in parsed) dead.push({ item, reason: parsed.reason });
    else if (homeOf(parsed.message, shards) !== shard)
      dead.push({ item, reason: 'belongs to another shard' });
    else entries.push({ item, message: parsed.message });
  }
  return { entries, dead };
}

/** Undefined for a region that does not exist. */
function homeOf(message: QueueMessage, shards: ShardMap): Shard | undefined {
  if (isGameMessage(message)) return shards.games;
  const region = isAccountMessage(message) ? everyone : message.region;
  return shards.region(region) === region ? shards.home(region, message.user_id) : undefined;
}

/**
 * The event as other services see it: without what answers a retry, and who of the admins asked. Scores and erasures are
 * told, accounts and games are not.
 */
export function publicEvent({ item, message }: Entry): string | undefined {
  if (isEraseMessage(message)) {
    const { account_version: _, actor: __, ...event } = message;
    return JSON.stringify(event);
  }
  if (!isScoreMessage(message)) return undefined;
  const { idempotency, actor, traceparent, ...event } = message;
  if (idempotency === undefined && actor === undefined && traceparent === undefined) return item;
  return JSON.stringify(event);
}
