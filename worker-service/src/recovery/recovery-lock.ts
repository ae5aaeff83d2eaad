import type { Shard } from '@leaderboard/shared/topology/shards';
import type pg from 'pg';
import type { Databases } from '../postgres/databases.js';
import { shardLockKey } from '../postgres/shard-lock.js';
import { sqlstateOf } from '../postgres/sqlstate.js';

/** Opens the connection that will hold the lock. */
export type RecoveryLock = (shard: Shard) => Promise<pg.Client>;

const lockNotAvailable = '55P03';
/** In between it is looked whether to go on waiting. */
const lockTimeoutMs = 2_000;
/** A recovery that freezes for this long loses its lock, and with it the right to write (see begin-recovery.lua). */
const idleTimeoutMs = 20_000;
const silenceTimeoutMs = 120_000;

export const recoveryLockOf =
  (databases: Databases): RecoveryLock =>
  (shard) =>
    databases.connect(shard.region, {
      lock_timeout: lockTimeoutMs,
      idle_in_transaction_session_timeout: idleTimeoutMs,
      options: `-c idle_session_timeout=${idleTimeoutMs}`,
      query_timeout: silenceTimeoutMs,
    });

/**
 * Runs the work while no batch of this shard is in flight and no other recovery works on it. The lock belongs to the
 * connection and goes with it, however that ends.
 */
export async function withRecoveryLock<Result>(
  lock: RecoveryLock,
  shard: Shard,
  signal: AbortSignal,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = await lock(shard);
  try {
    while (!(await locked(client, shard))) signal.throwIfAborted();
    signal.throwIfAborted();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

async function locked(client: pg.Client, shard: Shard): Promise<boolean> {
  try {
    await client.query(`SELECT pg_advisory_lock(${shardLockKey(shard)})`);
    return true;
  } catch (error) {
    if (sqlstateOf(error) === lockNotAvailable) return false;
    throw error;
  }
}
