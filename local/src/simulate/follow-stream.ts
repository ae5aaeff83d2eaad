import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventsKey } from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import type { Plays } from './plays.js';
import type { Stores } from './stores.js';

const pageEntries = 5_000;
const restMs = 200;

const versionMember = '"version":';

/**
 * Reads the event streams while they grow, because they are trimmed: counts how often each event of the run was told.
 * Also how long each took from its acceptance to the stream, both in Redis' time.
 */
export class StreamFollower {
  readonly lagMs: RecordableHistogram = createHistogram();
  /** Per event number, up to 255. */
  counts = new Uint8Array(1 << 20);
  /** Entries trimmed before they were read, of whatever run. */
  trimmed = 0;
  readonly #opening: string;
  #ending = false;
  #following: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly stores: Stores,
    plays: Plays,
  ) {
    this.#opening = `"event_id":"${plays.eventId('')}`;
  }

  async start(): Promise<void> {
    const followed = await Promise.all(
      this.stores.shards.shards.map(async (shard) => {
        // Shards that share a connection would wait for each other's pages.
        const redis = await this.stores.dedicated(shard);
        const [newest] = (await redis.send(['XREVRANGE', eventsKey(shard), '+', '-', 'COUNT', '1'])) as [
          [string]?,
        ];
        return { shard, redis, place: newest?.[0] ?? '0-0' };
      }),
    );
    this.#following = Promise.all(
      followed.map(({ shard, redis, place }) => this.#follow(shard, redis, place)),
    );
    this.#following.catch(() => {});
  }

  /** Reads what there is by now, and ends. */
  async finish(): Promise<void> {
    this.#ending = true;
    await this.#following;
  }

  async #follow(shard: Shard, redis: RedisConnection, from: string): Promise<void> {
    let place = from;
    for (;;) {
      const last = this.#ending;
      const entries = await this.#readAfter(place, shard, redis);
      place = entries.at(-1)?.[0] ?? place;
      if (entries.length === 0 && last) return;
      if (entries.length < pageEntries && !last) await sleep(restMs);
    }
  }

  async #readAfter(place: string, shard: Shard, redis: RedisConnection): Promise<[string, string[]][]> {
    // Both in one go: the place itself is still there, or something behind it may be gone.
    const key = eventsKey(shard);
    const [kept, entries] = (await Promise.all([
      redis.send(['XRANGE', key, '-', '+', 'COUNT', '1']),
      redis.send(['XRANGE', key, `(${place}`, '+', 'COUNT', String(pageEntries)]),
    ])) as [[string, string[]][], [string, string[]][]];
    const first = kept[0]?.[0];
    if (place !== '0-0' && first !== undefined && isAfter(first, place)) this.trimmed += 1;
    for (const [id, fields] of entries) this.#count(id, fields[1] ?? '');
    return entries;
  }

  #count(id: string, event: string): void {
    // Much cheaper than parsing it. No text in it has a quote that is not escaped.
    const number = numberBehind(this.#opening, event);
    if (number === undefined) return;
    while (number >= this.counts.length) {
      const larger = new Uint8Array(this.counts.length * 2);
      larger.set(this.counts);
      this.counts = larger;
    }
    this.counts[number] = Math.min(255, (this.counts[number] ?? 0) + 1);
    const acceptedMs = Math.floor((numberBehind(versionMember, event) ?? 0) / 1000);
    this.lagMs.record(Math.max(1, Number.parseInt(id, 10) - acceptedMs));
  }
}

function numberBehind(text: string, event: string): number | undefined {
  const at = event.indexOf(text);
  return at === -1 ? undefined : Number.parseInt(event.slice(at + text.length, at + text.length + 16), 10);
}

function isAfter(id: string, other: string): boolean {
  const [ms = 0, number = 0] = id.split('-').map(Number);
  const [otherMs = 0, otherNumber = 0] = other.split('-').map(Number);
  return ms === otherMs ? number > otherNumber : ms > otherMs;
}
