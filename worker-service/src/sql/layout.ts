/** Over how many partitions a region is spread; see `layout` in postgres-init/schema. */
export interface Layout {
  readonly partitions: number;
  readonly moving_to: number | null;
}

/** `$1` the number that counts when there is none yet. */
export const claimLayout = 'INSERT INTO layout (partitions) VALUES ($1) ON CONFLICT DO NOTHING';

export const readLayout = 'SELECT partitions, moving_to FROM layout';

/** `$1` the number to which the users are moved, NULL = to none. */
export const startMove = 'UPDATE layout SET moving_to = $1';

export const finishMove =
  'UPDATE layout SET partitions = moving_to, moving_to = NULL WHERE moving_to IS NOT NULL';
