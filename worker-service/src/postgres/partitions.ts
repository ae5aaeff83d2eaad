import type { Logger } from '@leaderboard/shared/logger';
import type pg from 'pg';
import { transactionLimits } from './databases.js';
import { sqlstateOf } from './sqlstate.js';

const dayMs = 86_400_000;
const daysAhead = 3;
const rowsInDefault = '23514';

/**
 * Keeps the daily partitions of `score_events`: today's and the next days' are made, those wholly older than
 * `historyDays` are dropped (0 = never). Whatever fails is logged and tried again an hour later: rows without a
 * partition of their own go to the default one.
 */
export async function maintainPartitions(
  pool: pg.Pool,
  historyDays: number,
  now: Date,
  logger: Logger,
): Promise<void> {
  const today = Math.floor(now.getTime() / dayMs);
  for (let day = today; day <= today + daysAhead; day += 1) await createPartition(pool, day, logger);
  if (historyDays > 0) await dropBefore(pool, today - historyDays, logger);
}

/** `score_events_20260131`, for a number of days since 1970. */
export function partitionName(day: number): string {
  return `score_events_${isoDay(day).replaceAll('-', '')}`;
}

const isoDay = (day: number) => new Date(day * dayMs).toISOString().slice(0, 10);

async function createPartition(pool: pg.Pool, day: number, logger: Logger): Promise<void> {
  const name = partitionName(day);
  try {
    const { rows } = await pool.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
      name,
    ]);
    if (rows[0]?.there) return;
    await pool.query(
      `${transactionLimits()};
       CREATE TABLE IF NOT EXISTS ${name} PARTITION OF score_events
       FOR VALUES FROM ('${isoDay(day)} 00:00:00+00') TO ('${isoDay(day + 1)} 00:00:00+00')`,
    );
  } catch (err) {
    if (sqlstateOf(err) === rowsInDefault) {
      logger.warn(
        { partition: name },
        'events of this day are in the default partition already: they stay there',
      );
    } else {
      logger.warn({ err, partition: name }, 'partition not made: tried again in an hour');
    }
  }
}

async function dropBefore(pool: pg.Pool, oldestKept: number, logger: Logger): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'score_events'::regclass`,
  );
  // Names sort as their days do.
  const old = rows.filter(
    ({ name }) => /^score_events_\d{8}$/.test(name) && name < partitionName(oldestKept),
  );
  for (const { name } of old) {
    try {
      await pool.query(`${transactionLimits()}; DROP TABLE IF EXISTS ${name}`);
      logger.info({ partition: name }, 'history partition dropped');
    } catch (err) {
      logger.warn({ err, partition: name }, 'history partition not dropped: tried again in an hour');
    }
  }
}
