import type pg from 'pg';
import type { DatabasePool } from './databases.js';

/** Runs a statement of the transaction. */
export type Query = <Row extends pg.QueryResultRow>(
  statement: { name: string; text: string },
  values: unknown[],
) => Promise<Row[]>;

/** One transaction: committed when the work is done, rolled back when it throws. */
export async function inTransaction<Result>(
  pool: DatabasePool,
  work: (query: Query, client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    await client.query(pool.begin);
    const result = await work(
      async <Row extends pg.QueryResultRow>(statement: { name: string; text: string }, values: unknown[]) =>
        (await client.query<Row>(pool.prepared(statement), values)).rows,
      client,
    );
    await client.query('COMMIT');
    isBroken = false;
    return result;
  } catch (error) {
    isBroken = await client.query('ROLLBACK').then(
      () => false,
      () => true,
    );
    throw error;
  } finally {
    client.release(isBroken);
  }
}
