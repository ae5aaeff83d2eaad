import { Problem } from '@leaderboard/shared/http/problems';
import type pg from 'pg';
import type { DatabasePool } from './databases.js';
import { sqlstateOf } from './sqlstate.js';

/** Classes of errors that a statement of ours has itself to blame for. */
const ourFault = /^(2[12]|23|42)/;

/**
 * Asks Postgres on behalf of a client.
 * @throws {Problem} store_unavailable when it cannot be reached, is too slow or has no connection free
 */
export async function ask<Row extends pg.QueryResultRow>(
  pool: DatabasePool,
  statement: { name: string; text: string },
  values: unknown[],
): Promise<Row[]> {
  try {
    return (await pool.query<Row>(pool.prepared(statement), values)).rows;
  } catch (error) {
    throw unavailable(error);
  }
}

/** What a client is told of an error from Postgres. */
export function unavailable(error: unknown): unknown {
  if (error instanceof Problem || ourFault.test(sqlstateOf(error) ?? '')) return error;
  return new Problem('store_unavailable', 'Postgres cannot answer now; try again', { retryAfterSeconds: 1 });
}
