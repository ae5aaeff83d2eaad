import type pg from 'pg';
import { claimLayout, type Layout, readLayout } from '../sql/layout.js';

/** The users of this region are spread over another number of partitions than this process believes. */
export class OtherLayout extends Error {
  override name = 'OtherLayout';
}

/**
 * To be called under a shard's lock, before it is recovered: what is restored under a wrong number of partitions would show
 * users twice or not at all.
 * @param isMove the caller is the command that moves the users
 * @throws {OtherLayout}
 */
export async function checkLayout(client: pg.Client, partitions: number, isMove: boolean): Promise<void> {
  await client.query(claimLayout, [partitions]);
  const { rows } = await client.query<Layout>(readLayout);
  const [layout] = rows;
  if (!layout) throw new Error('Postgres gave no layout');
  const { partitions: found, moving_to: movingTo } = layout;
  if (movingTo !== null) {
    if (isMove && movingTo === partitions) return;
    throw new OtherLayout(`this region is being moved to ${movingTo} partitions by npm run rebuild`);
  }
  if (found !== partitions)
    throw new OtherLayout(
      `PARTITIONS is ${partitions}, but this region has ${found}: npm run rebuild -- --partitions ${partitions} moves it`,
    );
}
