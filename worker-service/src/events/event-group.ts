import { eventsKey } from '@leaderboard/shared/topology/keys';
import { type RedisConnection, RedisRefused } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import { workerScript } from '../redis/lua-script.js';

/** An entry of the stream; without an event when it was trimmed after it had been given to this consumer. */
export interface StreamEntry {
  readonly id: string;
  readonly event: string | undefined;
}

export interface EventRead {
  /** Entries trimmed before the group could read them, at most; undefined = some, but nobody knows how many. */
  readonly missing: number | undefined;
  readonly entries: readonly StreamEntry[];
}

type RawEntry = [id: string, fields: string[] | null];

const openScript = workerScript('open-group');
const readScript = workerScript('read-events');

const entriesAtOnce = 500;
/** Short, because a stop waits for its end. */
const waitMs = 250;
/** Another consumer that has not acked for this long is taken for dead. */
const abandonedAfterMs = 60_000;

/**
 * One shard's event stream as one consumer of a group reads it. The connection must be one that nobody else uses: it
 * waits. Every method throws what the connection throws; RedisRefused `NOGROUP` = stream or group is gone.
 */
export class EventGroup {
  readonly #key: string;
  /** The last that any consumer of the group was given. */
  #given = '$';

  constructor(
    readonly shard: Shard,
    private readonly redis: RedisConnection,
    private readonly group: string,
    private readonly consumer: string,
  ) {
    this.#key = eventsKey(shard);
  }

  /** True when the group had to be made. */
  async open(begin: 'first' | 'next'): Promise<boolean> {
    return (await openScript.run(this.redis, [this.#key], [this.group, begin === 'first' ? '1' : '0'])) === 1;
  }

  /** Begins anew with the next event, whatever was given to whom before. */
  async restart(): Promise<void> {
    // Without a stream there is no group.
    await this.redis.send(['XGROUP', 'DESTROY', this.#key, this.group]).catch((error: unknown) => {
      if (!(error instanceof RedisRefused)) throw error;
    });
    await this.open('next');
  }

  /** What nobody of the group has been given. */
  async read(): Promise<EventRead> {
    const [missing, given, entries] = await this.#read('>');
    this.#given = given;
    return { missing: missing < 0 ? undefined : missing, entries: entries.map(entryOf) };
  }

  /** What this consumer was given and has not acked, after an id. */
  async unacked(after: string): Promise<readonly StreamEntry[]> {
    const [, , entries] = await this.#read(after);
    return entries.map(entryOf);
  }

  /** Takes over what other consumers were given long ago. */
  async takeAbandoned(): Promise<readonly StreamEntry[]> {
    const options = [String(abandonedAfterMs), '0-0', 'COUNT', String(entriesAtOnce)];
    const reply = await this.redis.send(['XAUTOCLAIM', this.#key, this.group, this.consumer, ...options]);
    return (reply as [string, RawEntry[]])[1].map(entryOf);
  }

  async ack(entries: readonly StreamEntry[]): Promise<void> {
    if (entries.length > 0)
      await this.redis.send(['XACK', this.#key, this.group, ...entries.map(({ id }) => id)]);
  }

  /** Until there is something to read, at most a moment. Gives nothing to anybody. */
  async wait(): Promise<void> {
    await this.redis.send([
      'XREAD',
      'COUNT',
      '1',
      'BLOCK',
      String(waitMs),
      'STREAMS',
      this.#key,
      this.#given,
    ]);
  }

  async #read(from: string): Promise<[missing: number, given: string, entries: RawEntry[]]> {
    const args = [this.group, this.consumer, String(entriesAtOnce), from];
    return (await readScript.run(this.redis, [this.#key], args)) as [number, string, RawEntry[]];
  }
}

const entryOf = ([id, fields]: RawEntry): StreamEntry => ({ id, event: fields?.[1] });
