import {
  isAccountMessage,
  isEraseMessage,
  isGameMessage,
  isHiddenMessage,
  isScoreMessage,
  type QueueMessage,
} from '@leaderboard/shared/contracts/queue-message';
import type { Shard } from '@leaderboard/shared/topology/shards';
import type pg from 'pg';
import type { Failpoint } from '../failpoints.js';
import type { DatabasePool } from '../postgres/databases.js';
import { isAlreadyThere, isConnectionSound } from '../postgres/sqlstate.js';
import { beginBatch } from '../sql/begin-batch.js';
import { markUnrestored } from '../sql/mark-unrestored.js';
import { storeAccounts } from '../sql/store-accounts.js';
import { storeAdminActs } from '../sql/store-admin-acts.js';
import { storeErasures } from '../sql/store-erasures.js';
import { storeGames } from '../sql/store-games.js';
import { storeHidden } from '../sql/store-hidden.js';
import { storeRules } from '../sql/store-rules.js';
import { storeScores, storeScoresAgain } from '../sql/store-scores.js';
import type { Entry } from './batch.js';
import { scoreArrays } from './score-arrays.js';

interface Statement {
  readonly name: string;
  readonly text: string;
}

/** `late`: Redis may lack what was stored, and the shard's next recovery was told so. */
export type Stored = 'stored' | 'late';

/** What is stored of which messages, in this order: an erasure counts for the scores beside it. */
const statements: readonly {
  readonly statement: Statement;
  /** The same for what may have been stored before. */
  readonly again?: Statement;
  readonly isFor: (message: QueueMessage) => boolean;
  /** What it takes; else the messages as one JSON array. */
  readonly values?: (entries: readonly Entry[]) => string[];
}[] = [
  { statement: storeErasures, isFor: isEraseMessage },
  { statement: storeScores, again: storeScoresAgain, isFor: isScoreMessage, values: scoreArrays },
  { statement: storeAccounts, isFor: isAccountMessage },
  { statement: storeGames, isFor: isGameMessage },
  { statement: storeRules, isFor: (message) => 'rules' in message },
  { statement: storeHidden, isFor: isHiddenMessage },
  { statement: storeAdminActs, isFor: (message) => 'actor' in message },
];

/**
 * Stores entries of one shard in one transaction. Storing again what is stored changes nothing, so whoever does not
 * learn the outcome simply repeats it. That is rare: the history is asked what it has only when it refuses something, as
 * being asked each time costs it a fifth.
 */
export async function storeBatch(
  pool: DatabasePool,
  shard: Shard,
  claimEpoch: number,
  entries: readonly Entry[],
  failpoint: Failpoint,
): Promise<Stored> {
  try {
    return await storeOnce(pool, shard, claimEpoch, entries, failpoint, false);
  } catch (error) {
    if (!isAlreadyThere(error)) throw error;
    return await storeOnce(pool, shard, claimEpoch, entries, failpoint, true);
  }
}

async function storeOnce(
  pool: DatabasePool,
  shard: Shard,
  claimEpoch: number,
  entries: readonly Entry[],
  failpoint: Failpoint,
  isAgain: boolean,
): Promise<Stored> {
  const client = await pool.connect();
  try {
    const kept = await begin(
      client,
      pool.begin,
      shard,
      claimEpoch,
      entries.some(({ message }) => message !== undefined && isEraseMessage(message)),
    );
    for (const { statement, again = statement, isFor, values = joined } of statements) {
      const messages = entries.filter(({ message }) =>
        message ? isFor(message) : statement === storeScores,
      );
      if (messages.length > 0)
        await client.query({ ...pool.prepared(isAgain ? again : statement), values: values(messages) });
    }
    const missing = entries.map(({ version }) => version).filter((version) => version > kept);
    if (missing.length > 0) {
      const least = missing.reduce((a, b) => Math.min(a, b));
      await client.query(markUnrestored, [shard.tag, least]);
    }
    failpoint('inside-transaction');
    await client.query('COMMIT');
    failpoint('after-commit');
    client.release();
    return missing.length > 0 ? 'late' : 'stored';
  } catch (error) {
    client.release(!(await rolledBack(client, error)));
    throw error;
  }
}

async function begin(
  client: pg.PoolClient,
  beginning: string,
  shard: Shard,
  claimEpoch: number,
  alone: boolean,
): Promise<number> {
  const text = beginBatch(beginning, shard, claimEpoch, alone);
  const results = (await client.query(text)) as unknown as pg.QueryResult[];
  const [row] = (results.at(-1)?.rows ?? []) as { kept_version: string | null }[];
  return row?.kept_version == null ? Number.POSITIVE_INFINITY : Number(row.kept_version);
}

/** Whether the connection can go back to the pool. */
async function rolledBack(client: pg.PoolClient, error: unknown): Promise<boolean> {
  if (!isConnectionSound(error)) return false;
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}

const joined = (entries: readonly Entry[]) => [`[${entries.map(({ item }) => item).join(',')}]`];
