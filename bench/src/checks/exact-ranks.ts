import { everyone } from '@leaderboard/shared/topology/regions';
import type { Bench } from '../bench.js';

const samples = 5;

const countBefore = `
  SELECT count(*) AS number
  FROM leaderboard AS other
  WHERE game = 'default' AND (score > $1 OR (score = $1 AND (achieved_at, user_id) < ($2, $3)))`;

/** Compares some ranks with a count over all rows in Postgres. Only while nobody writes. Says which differ. */
export async function checkExactRanks(bench: Bench, where: 'home' | 'everyone'): Promise<string[]> {
  const { platform, population, signal } = bench;
  const failures: string[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const user = population.user(Math.floor(Math.random() * population.count));
    const region = where === 'home' ? user.region : everyone;
    const response = await fetch(`${platform.stack.url}/rank/${user.userId}?region=${region}`, { signal });
    const { rank } = (await response.json()) as { rank?: number };
    const wanted = await rankInPostgres(bench, user.userId, user.region, region);
    if (rank !== wanted)
      failures.push(`GET /rank/${user.userId}?region=${region} says ${rank}, Postgres ${wanted}`);
  }
  return failures;
}

async function rankInPostgres(
  { platform: { databases } }: Bench,
  userId: string,
  home: string,
  region: string,
): Promise<number> {
  const { rows } = await databases
    .of(home)
    .query<{ score: string; achieved_at: string }>(
      `SELECT score, achieved_at::text FROM leaderboard WHERE game = 'default' AND user_id = $1`,
      [userId],
    );
  const counts = await databases.each(async (client, name) => {
    if (region !== everyone && name !== region) return 0;
    const counted = await client.query<{ number: string }>(countBefore, [
      rows[0]?.score,
      rows[0]?.achieved_at,
      userId,
    ]);
    return Number(counted.rows[0]?.number);
  });
  return counts.reduce((sum, count) => sum + count, 1);
}
