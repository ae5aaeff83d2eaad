import { isAccountMessage, isGameMessage, isScoreMessage } from '@leaderboard/shared/contracts/queue-message';
import type { Shard } from '@leaderboard/shared/topology/shards';
import type pg from 'pg';
import type { Failpoint } from '../failpoints.js';
import { isConnectionSound } from '../postgres/sqlstate.js';
import { beginBatch } from '../sql/begin-batch.js';
import { markUnrestored } from '../sql/mark-unrestored.js';
import { storeAccounts } from '../sql/store-accounts.js';
import { storeGames } from '../sql/store-games.js';
import { storeRules } from '../sql/store-rules.js';
import { storeScores } from '../sql/store-scores.js';
import type { Entry } from './batch.js';

/** `late`: Redis may lack what was stored, and the shard's next recovery was told so. */
export type Stored = 'stored' | 'late';

/**
 * Stores entries of one shard in one transaction. Storing again what is stored changes nothing, so whoever does not
 * learn the outcome simply repeats it.
 */
export async function storeBatch(
  pool: pg.Pool,
  shard: Shard,
  claimEpoch: number,
  entries: readonly Entry[],
  failpoint: Failpoint,
): Promise<Stored> {
  const client = await pool.connect();
  try {
    const kept = await begin(client, shard, claimEpoch);
    const scores = entries.filter(({ message }) => isScoreMessage(message));
    const accounts = entries.filter(({ message }) => isAccountMessage(message));
    const games = entries.filter(({ message }) => isGameMessage(message));
    const pinning = scores.filter(({ message }) => 'rules' in message);
    if (scores.length > 0) await client.query({ ...storeScores, values: [joined(scores)] });
    if (accounts.length > 0) await client.query({ ...storeAccounts, values: [joined(accounts)] });
    if (games.length > 0) await client.query({ ...storeGames, values: [joined(games)] });
    if (pinning.length > 0) await client.query({ ...storeRules, values: [joined(pinning)] });
    const missing = entries.map(({ message }) => message.version).filter((version) => version > kept);
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

async function begin(client: pg.PoolClient, shard: Shard, claimEpoch: number): Promise<number> {
  const results = (await client.query(beginBatch(shard, claimEpoch))) as unknown as pg.QueryResult[];
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

const joined = (entries: readonly Entry[]) => `[${entries.map(({ item }) => item).join(',')}]`;
