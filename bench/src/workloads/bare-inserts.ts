import type { ScoreMessage } from '@leaderboard/shared/contracts/queue-message';
import { queueKey } from '@leaderboard/shared/topology/keys';
import type pg from 'pg';
import type { Bench } from '../bench.js';
import type { Platform } from '../platform/platform.js';

const batchRows = 1000;
const chunkItems = 5000;

/** Tables of the same shape and with the same rows as the platform's, which these inserts must not touch. */
const copyTables = `
  DROP SCHEMA IF EXISTS bench CASCADE;
  CREATE SCHEMA bench;
  CREATE TABLE bench.leaderboard (LIKE public.leaderboard INCLUDING ALL) WITH (fillfactor = 80);
  INSERT INTO bench.leaderboard SELECT * FROM public.leaderboard;
  CREATE TABLE bench.score_events (LIKE public.score_events INCLUDING ALL) PARTITION BY RANGE (accepted_at);
  CREATE TABLE bench.score_events_default PARTITION OF bench.score_events DEFAULT;
  INSERT INTO bench.score_events SELECT * FROM public.score_events;`;

const columns = [
  ['event_id', 'text'],
  ['version', 'bigint'],
  ['game', 'text'],
  ['user_id', 'text'],
  ['name', 'text'],
  ['region', 'text'],
  ['op', 'text'],
  ['value', 'bigint'],
  ['score', 'bigint'],
  ['request_id', 'text'],
  ['accepted_at', 'timestamptz'],
  ['achieved_at', 'timestamptz'],
  ['happened_at', 'timestamptz'],
] as const;
const names = columns.map(([name]) => name).join(', ');
const arrays = columns.map(([, type], at) => `$${at + 1}::${type}[]`).join(', ');

/** What any writer of these rows must at least do: history and board in one statement, each user once. */
const insertBatch = {
  name: 'bench-insert',
  text: `
    WITH event AS MATERIALIZED (SELECT * FROM unnest(${arrays}) AS event (${names})),
    history AS (
      INSERT INTO bench.score_events (${names}) SELECT ${names} FROM event ON CONFLICT DO NOTHING
    )
    INSERT INTO bench.leaderboard (game, user_id, name, region, score, version, achieved_at)
    SELECT game, user_id, name, region, score, version, achieved_at FROM event
    ON CONFLICT (game, user_id) DO UPDATE
    SET name = excluded.name, region = excluded.region, score = excluded.score, version = excluded.version,
        achieved_at = excluded.achieved_at, updated_at = excluded.updated_at
    WHERE leaderboard.version < excluded.version`,
};

/** One array for each column. */
type Batch = (string | null)[][];

/** The baseline of the drain. */
export class BareInserts {
  readonly #batches = new Map<string, Batch[]>();
  #eventsBefore = 0;

  private constructor(private readonly platform: Platform) {}

  static async prepare(platform: Platform): Promise<BareInserts> {
    const inserts = new BareInserts(platform);
    await platform.databases.each(async (client) => {
      await client.query(copyTables);
      await client.query('VACUUM (ANALYZE) bench.leaderboard');
      await client.query('CHECKPOINT');
    });
    inserts.#eventsBefore = await inserts.#count();
    return inserts;
  }

  /** Takes note of what waits in the queues, oldest first, as arrays that are ready to be sent. */
  async readQueues({ signal }: Bench): Promise<void> {
    const { shards, redis } = this.platform;
    this.#batches.clear();
    for (const shard of shards.shards) {
      const queue = queueKey(shard);
      const connection = redis.of(shard);
      const length = Number(await connection.send(['LLEN', queue]));
      const batches = this.#batches.get(shard.region) ?? [];
      this.#batches.set(shard.region, batches);
      for (let end = length; end > 0; end -= chunkItems) {
        signal.throwIfAborted();
        const range = [String(Math.max(0, end - chunkItems)), String(end - 1)];
        const items = (await connection.send(['LRANGE', queue, ...range])) as string[];
        const messages = items.reverse().map((item) => JSON.parse(item) as ScoreMessage);
        for (let first = 0; first < messages.length; first += batchRows)
          batches.push(toColumns(messages.slice(first, first + batchRows)));
      }
    }
  }

  /** Inserts what was read, in every region's database at the same time, as the worker does. */
  async insert(signal: AbortSignal): Promise<void> {
    await this.platform.databases.each(async (client, region) => {
      for (const values of this.#batches.get(region) ?? []) {
        signal.throwIfAborted();
        await client.query({ ...insertBatch, values });
      }
    });
  }

  async countEvents(): Promise<number> {
    return (await this.#count()) - this.#eventsBefore;
  }

  async remove(): Promise<void> {
    await this.platform.databases.each(
      async (client: pg.Client) => await client.query('DROP SCHEMA IF EXISTS bench CASCADE'),
    );
  }

  async #count(): Promise<number> {
    return await this.platform.databases.sum('SELECT count(*) AS number FROM bench.score_events');
  }
}

function toColumns(messages: readonly ScoreMessage[]): Batch {
  const iso = (ms: number) => new Date(ms).toISOString();
  const rows = messages.map((message) => [
    message.event_id,
    String(message.version),
    message.game,
    message.user_id,
    message.name,
    message.region,
    message.op,
    message.value === null ? null : String(message.value),
    message.score === null ? null : String(message.score),
    message.request_id ?? null,
    isoUs(message.version),
    isoUs(message.achieved_at),
    iso(message.timestamp),
  ]);
  return columns.map((_, column) => rows.map((row) => row[column] ?? null));
}

/** With all six digits: a Date has three. */
function isoUs(us: number): string {
  const seconds = Math.floor(us / 1_000_000);
  const fraction = String(us % 1_000_000).padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}
