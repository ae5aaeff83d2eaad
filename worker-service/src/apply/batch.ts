import {
  recognisePlainScore,
  type ScoreFields,
  withoutAnswer,
} from '@leaderboard/shared/contracts/plain-score';
import {
  isAccountMessage,
  isEraseMessage,
  isGameMessage,
  isScoreMessage,
  parseQueueMessage,
  type QueueMessage,
} from '@leaderboard/shared/contracts/queue-message';
import { everyone } from '@leaderboard/shared/topology/regions';
import { partitionOf, type Shard, type ShardMap } from '@leaderboard/shared/topology/shards';

/** A message and the text it came as, which goes to Postgres unchanged. */
export interface Entry {
  readonly item: string;
  /** Where it stands in its claim. */
  readonly at: number;
  readonly version: number;
  /** Undefined for a score message that needs nothing but to be stored as it is, and told without what answers its retry. */
  readonly message: QueueMessage | undefined;
  /** Of such a message. */
  readonly fields?: ScoreFields;
}

/** An item that is no message, or that Postgres refuses. */
export interface Refused {
  readonly item: string;
  readonly at: number;
  readonly reason: string;
}

export interface Batch {
  readonly entries: readonly Entry[];
  /** What is no message of this shard. */
  readonly refused: readonly Refused[];
}

export function readBatch(items: readonly string[], shard: Shard, shards: ShardMap): Batch {
  const entries: Entry[] = [];
  const refused: Refused[] = [];
  for (const [at, item] of items.entries()) {
    const plain = recognisePlainScore(item);
    if (plain && plain.region === shard.region && isAtHome(plain.userId, shard)) {
      entries.push({ item, at, version: plain.version, message: undefined, fields: plain.fields });
      continue;
    }
    const parsed = parseQueueMessage(item);
    if ('reason' in parsed) refused.push({ item, at, reason: parsed.reason });
    else if (homeOf(parsed.message, shards) !== shard)
      refused.push({ item, at, reason: 'belongs to another shard' });
    else entries.push({ item, at, version: parsed.message.version, message: parsed.message });
  }
  return { entries, refused };
}

const isAtHome = (userId: string, { partition, partitions }: Shard) =>
  partitionOf(userId, partitions) === partition;

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
export function publicEvent({ item, message }: Pick<Entry, 'item' | 'message'>): string | undefined {
  if (message === undefined) return withoutAnswer(item);
  if (isEraseMessage(message)) {
    const { account_version: _, actor: __, ...event } = message;
    return JSON.stringify(event);
  }
  if (!isScoreMessage(message)) return undefined;
  const { retry, idempotency, actor, traceparent, ...event } = message;
  if ([retry, idempotency, actor, traceparent].every((part) => part === undefined)) return item;
  return JSON.stringify(event);
}
