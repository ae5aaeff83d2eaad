import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventsKey } from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import type { Plays } from './plays.js';
import type { Stores } from './stores.js';

const pageEntries = 5_000;
const restMs = 50;

const eventIdOf = /"event_id":"([^"]*)"/;
const versionOf = /"version":(\d+)/;

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
  #places = new Map<Shard, string>();
  #ending = false;
  #following: Promise<void> = Promise.resolve();

  constructor(
    private readonly stores: Stores,
    private readonly plays: Plays,
  ) {}

  async start(): Promise<void> {
    for (const shard of this.stores.shards.shards) {
      const [newest] = (await this.stores.redis
        .of(shard)
        .send(['XREVRANGE', eventsKey(shard), '+', '-', 'COUNT', '1'])) as [[string]?];
      this.#places.set(shard, newest?.[0] ?? '0-0');
    }
    this.#following = this.#follow();
    this.#following.catch(() => {});
  }

  /** Reads what there is by now, and ends. */
  async finish(): Promise<void> {
    this.#ending = true;
    await this.#following;
  }

  async #follow(): Promise<void> {
    for (;;) {
      const last = this.#ending;
      let read = 0;
      for (const [shard, place] of this.#places)
        read += await this.#readOn(shard, place, this.stores.redis.of(shard));
      if (read === 0 && last) return;
      if (read < pageEntries && !last) await sleep(restMs);
    }
  }

  async #readOn(shard: Shard, place: string, redis: RedisConnection): Promise<number> {
    // Both in one go: the place itself is still there, or something behind it may be gone.
    const key = eventsKey(shard);
    const [kept, entries] = (await Promise.all([
      redis.send(['XRANGE', key, '-', '+', 'COUNT', '1']),
      redis.send(['XRANGE', key, `(${place}`, '+', 'COUNT', String(pageEntries)]),
    ])) as [[string, string[]][], [string, string[]][]];
    const first = kept[0]?.[0];
    if (place !== '0-0' && first !== undefined && isAfter(first, place)) this.trimmed += 1;
    for (const [id, fields] of entries) this.#count(id, fields[1] ?? '');
    this.#places.set(shard, entries.at(-1)?.[0] ?? place);
    return entries.length;
  }

  #count(id: string, event: string): void {
    // Cheaper than parsing it. No text in it has a quote that is not escaped.
    const [, eventId = ''] = eventIdOf.exec(event) ?? [];
    const [, version] = versionOf.exec(event) ?? [];
    const number = this.plays.numberOf(eventId);
    if (number < 0) return;
    while (number >= this.counts.length) {
      const larger = new Uint8Array(this.counts.length * 2);
      larger.set(this.counts);
      this.counts = larger;
    }
    this.counts[number] = Math.min(255, (this.counts[number] ?? 0) + 1);
    this.lagMs.record(Math.max(1, Number(id.split('-', 1)[0]) - Math.floor(Number(version) / 1000)));
  }
}

function isAfter(id: string, other: string): boolean {
  const [ms = 0, number = 0] = id.split('-').map(Number);
  const [otherMs = 0, otherNumber = 0] = other.split('-').map(Number);
  return ms === otherMs ? number > otherNumber : ms > otherMs;
}
