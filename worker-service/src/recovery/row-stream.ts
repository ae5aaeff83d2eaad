import type pg from 'pg';

const cursor = 'recovery_rows';

/** A row as text, in the order of its columns. */
export type TextRow = readonly string[];

/**
 * Reads a query's rows in chunks. The next chunk is on its way while the caller works on the last one. The client
 * must be inside a transaction.
 */
export async function* streamRows(
  client: pg.Client,
  query: string,
  chunkRows: number,
): AsyncGenerator<TextRow[]> {
  await client.query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${query}`);
  const fetch = async () => {
    const { rows } = await client.query<string[]>({
      text: `FETCH ${chunkRows} FROM ${cursor}`,
      rowMode: 'array',
    });
    return rows;
  };
  let next = fetch();
  for (;;) {
    const rows = await next;
    if (rows.length === 0) break;
    next = fetch();
    // Whoever stops reading must not leave an unhandled rejection behind.
    next.catch(() => {});
    yield rows;
  }
  await client.query(`CLOSE ${cursor}`);
}
