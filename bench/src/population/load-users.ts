import type pg from 'pg';
import type { Platform } from '../platform/platform.js';
import { countEntries, rebuildRedis } from '../platform/redis-rebuild.js';
import type { Progress } from '../progress.js';
import { type Population, scorePrime, scoreStep } from './users.js';

const chunkUsers = 25_000;

/**
 * $1 number of the first user   $2 of the last   $3 step between users   $4 region   $5 version of user 0
 *
 * The formulas are those of users.ts.
 */
const insertUsers = `
  INSERT INTO leaderboard (game, user_id, name, region, score, version, achieved_at)
  SELECT 'default', 'player-' || lpad(number::text, 7, '0'), 'Player ' || number, $4::text,
         (number * ${scoreStep}) % ${scorePrime}, $5::bigint + number,
         timestamptz 'epoch' + ($5::bigint + number) * interval '1 microsecond'
  FROM generate_series($1::bigint, $2::bigint, $3::bigint) AS number`;

/**
 * Loads the users: their entries into Postgres, by Postgres itself, and from there into Redis by the platform's own
 * recovery. So both hold the same, without a million requests.
 */
export async function loadUsers(
  platform: Platform,
  population: Population,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  await fillPostgres(platform, population, progress, signal);
  const bar = progress.bar('rebuilding Redis from Postgres');
  const rebuild = await rebuildRedis(platform, signal, (entries) => bar.at(entries, population.count));
  bar.end();
  progress.line(`Redis rebuilt: ${rebuild.entries} entries in ${rebuild.seconds.toFixed(1)} s`);
  await checkEqual(platform, population);
}

async function fillPostgres(
  { databases }: Platform,
  population: Population,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const bar = progress.bar('loading users into Postgres');
  const firstVersion = (Date.now() - 3_600_000) * 1000;
  let loaded = 0;
  await databases.each(async (client, region) => {
    for (const [first, last] of chunks(population, region)) {
      signal.throwIfAborted();
      const step = population.regions.length;
      const { rowCount } = await client.query(insertUsers, [first, last, step, region, firstVersion]);
      loaded += rowCount ?? 0;
      bar.at(loaded, population.count);
    }
    await makeLikeOldData(client);
  });
  bar.end();
  progress.line(`Postgres has ${loaded} users`);
}

/** Numbers of the first and last user of each chunk of a region. */
function* chunks(population: Population, region: string): Generator<[number, number]> {
  const step = population.regions.length * chunkUsers;
  for (let first = population.regions.indexOf(region); first < population.count; first += step)
    yield [first, Math.min(first + step, population.count) - 1];
}

/** Else Postgres would do this in the middle of the first rounds: autovacuum notices the new rows within a minute. */
async function makeLikeOldData(client: pg.Client): Promise<void> {
  await client.query('VACUUM (ANALYZE) leaderboard');
  await client.query('CHECKPOINT');
}

async function checkEqual(platform: Platform, population: Population): Promise<void> {
  const stored = await platform.databases.sum(
    'SELECT count(*) AS number FROM leaderboard WHERE score IS NOT NULL',
  );
  const entries = await countEntries(platform);
  if (stored !== entries || entries < population.count)
    throw new Error(`the load failed: ${population.count} users, ${stored} in Postgres, ${entries} in Redis`);
}
