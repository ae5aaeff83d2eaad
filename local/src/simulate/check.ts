import { setTimeout as sleep } from 'node:timers/promises';
import { processingKey, queueKey, workersKey } from '@leaderboard/shared/topology/keys';
import type { Shard } from '@leaderboard/shared/topology/shards';
import type { BulkClient } from '../bulk/bulk-client.js';
import type { StreamFollower } from './follow-stream.js';
import type { Ledger } from './ledger.js';
import type { Plays } from './plays.js';
import type { Stores } from './stores.js';

/** What is not as it should be, a few examples of each kind. */
export class Findings {
  differences = 0;
  readonly examples: string[] = [];

  add(text: string): void {
    this.differences += 1;
    if (this.examples.length < 20) this.examples.push(text);
  }
}

const pageRows = 20_000;

/** Until nothing waits for Postgres any more. @throws when the queues do not shrink for a minute */
export async function waitUntilStored(stores: Stores, show: (waiting: number) => void): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  let leastAt = performance.now();
  for (;;) {
    const waiting = await Promise.all(stores.shards.shards.map((shard) => waitingIn(stores, shard)));
    const sum = waiting.reduce((a, b) => a + b, 0);
    if (sum === 0) return;
    if (sum < least) [least, leastAt] = [sum, performance.now()];
    if (performance.now() - leastAt > 60_000)
      throw new Error(`${sum} events wait in the queues, and no worker takes them`);
    show(sum);
    await sleep(100);
  }
}

async function waitingIn(stores: Stores, shard: Shard): Promise<number> {
  const redis = stores.redis.of(shard);
  const claims = (await redis.send(['ZRANGE', workersKey(shard), '0', '-1'])) as string[];
  const lists = [queueKey(shard), ...claims.map((claim) => processingKey(shard, claim))];
  const lengths = await Promise.all(lists.map((list) => redis.send(['LLEN', list])));
  return lengths.reduce((sum: number, length) => sum + Number(length), 0);
}

/**
 * Every accepted event once in its region's history, and nothing that was not accepted. Fills in the scores of `set`
 * games: the last one stands, and which that is, only the server's versions tell.
 */
export async function checkPostgres(
  stores: Stores,
  plays: Plays,
  ledger: Ledger,
  sinceMs: number,
  findings: Findings,
): Promise<void> {
  const counts = new Uint8Array(ledger.sent);
  const newest = plays.settings.games.map(() => new Float64Array(plays.settings.players));
  for (const region of plays.settings.regions) {
    const client = await stores.postgres(region);
    try {
      await client.query('BEGIN');
      await client.query(
        `DECLARE found NO SCROLL CURSOR FOR SELECT event_id, version::float8 AS version FROM score_events
         WHERE accepted_at >= $1 AND starts_with(event_id, $2)`,
        [new Date(sinceMs), `${plays.settings.run}-e`],
      );
      for (;;) {
        const query = { text: `FETCH ${pageRows} FROM found`, rowMode: 'array' as const };
        const { rows } = await client.query<[string, number]>(query);
        if (rows.length === 0) break;
        for (const [eventId, version] of rows) {
          const number = plays.numberOf(eventId);
          if (number >= ledger.sent) continue;
          counts[number] = Math.min(255, (counts[number] ?? 0) + 1);
          const { player, game, value } = plays.at(number);
          const versions = newest[game];
          if (plays.regionOf(player) !== region) findings.add(`${eventId} is in the database of ${region}`);
          if (
            plays.settings.games[game]?.operator !== 'set' ||
            !versions ||
            version <= (versions[player] ?? 0)
          )
            continue;
          versions[player] = version;
          const scores = ledger.scores[game];
          if (scores) scores[player] = value;
        }
      }
    } finally {
      await client.end();
    }
  }
  compareCounts('Postgres', counts, plays, ledger, findings);
}

export function checkStream(
  follower: StreamFollower,
  plays: Plays,
  ledger: Ledger,
  findings: Findings,
): void {
  compareCounts('the stream', follower.counts, plays, ledger, findings);
}

function compareCounts(
  where: string,
  counts: Uint8Array,
  plays: Plays,
  ledger: Ledger,
  findings: Findings,
): void {
  for (let number = 0; number < ledger.sent; number += 1) {
    const found = counts[number] ?? 0;
    const wanted = ledger.isAccepted(number) ? 1 : 0;
    if (found !== wanted)
      findings.add(`${plays.eventId(number)}: ${found} times in ${where}, expected ${wanted}`);
  }
}

interface TopAnswer {
  rows: { user_id: string; score: number }[];
  next_cursor?: string;
}

/** /top of everyone, of each game: every player with the score that was computed here, in the order of the scores. */
export async function checkTop(
  client: BulkClient,
  plays: Plays,
  ledger: Ledger,
  findings: Findings,
): Promise<void> {
  const prefix = `${plays.settings.run}-`;
  for (const [at, game] of plays.settings.games.entries()) {
    const scores = ledger.scores[at] ?? new Float64Array();
    const wanted = new Set<number>();
    for (const [player, score] of scores.entries()) if (!Number.isNaN(score)) wanted.add(player);
    let cursor: string | undefined;
    let before: number | undefined;
    do {
      const page: TopAnswer = await readTop(client, game.name, cursor);
      for (const { user_id, score } of page.rows) {
        const ordered = before === undefined || (game.order === 'asc' ? before <= score : before >= score);
        if (!ordered) findings.add(`/top of ${game.name}: ${user_id} with ${score} stands behind ${before}`);
        before = score;
        if (!user_id.startsWith(prefix)) continue;
        const player = Number(user_id.slice(prefix.length));
        if (!wanted.delete(player)) findings.add(`/top of ${game.name}: ${user_id} is not expected (again)`);
        else if (scores[player] !== score)
          findings.add(`/top of ${game.name}: ${user_id} has ${score}, expected ${scores[player]}`);
      }
      cursor = page.next_cursor;
    } while (cursor !== undefined && wanted.size > 0);
    for (const player of wanted) findings.add(`/top of ${game.name}: ${plays.userId(player)} is missing`);
  }
}

async function readTop(client: BulkClient, game: string, cursor: string | undefined): Promise<TopAnswer> {
  const path = `/top?limit=1000&game=${game}${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
  for (let attempt = 0; ; attempt += 1) {
    const { status, body } = await client.call('GET', path);
    if (status === 200) return body as TopAnswer;
    if (attempt === 10) throw new Error(`GET ${path} answered ${status} ${body?.code ?? ''}`);
    await sleep(500);
  }
}
