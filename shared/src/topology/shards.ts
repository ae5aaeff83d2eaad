import { everyone } from './regions.js';

/** One partition of one region: one Redis hash tag, one queue, one recovery. */
export interface Shard {
  readonly region: string;
  readonly partition: number;
  /** How many its region has. */
  readonly partitions: number;
  /** What stands in the braces of every key: `ASIA`, or `ASIA/0` when a region has several partitions. */
  readonly tag: string;
}

/** All shards of the system, and which of them a user or a read belongs to. */
export class ShardMap {
  readonly regions: readonly string[];
  readonly partitions: number;
  readonly shards: readonly Shard[];
  readonly #byRegion: ReadonlyMap<string, readonly Shard[]>;

  constructor(regions: readonly string[], partitions: number) {
    this.regions = regions;
    this.partitions = partitions;
    this.#byRegion = new Map(regions.map((region) => [region, shardsOf(region, partitions)]));
    this.shards = [...this.#byRegion.values()].flat();
  }

  /** The region's name as it is answered, or undefined for one that does not exist. */
  region(name: string): string | undefined {
    const upper = name.toUpperCase();
    return this.#byRegion.has(upper) ? upper : undefined;
  }

  /** The shard that holds a user's entries, given the user's home region. */
  home(region: string, userId: string): Shard {
    const shards = this.#byRegion.get(region);
    const shard = shards?.[partitionOf(userId, this.partitions)];
    if (!shard) throw new Error(`no shard for region ${region}`);
    return shard;
  }

  /** The shard that holds a user's account, whatever the home region: accounts live in GLOBAL. */
  account(userId: string): Shard {
    return this.home(everyone, userId);
  }

  /** The shard that keeps the definitions of all games: GLOBAL's first. */
  get games(): Shard {
    const [shard] = this.#byRegion.get(everyone) ?? [];
    if (!shard) throw new Error(`no shard for region ${everyone}`);
    return shard;
  }

  /** The shards that a read of this region merges; GLOBAL reads merge all. */
  readSet(region: string): readonly Shard[] {
    return region === everyone ? this.shards : (this.#byRegion.get(region) ?? []);
  }

  /** The shards in which this user may have an entry, one per region of the read. */
  candidates(region: string, userId: string): readonly Shard[] {
    const partition = partitionOf(userId, this.partitions);
    return this.readSet(region).filter((shard) => shard.partition === partition);
  }
}

function shardsOf(region: string, partitions: number): readonly Shard[] {
  return Array.from({ length: partitions }, (_, partition) => ({
    region,
    partition,
    partitions,
    tag: partitions === 1 ? region : `${region}/${partition}`,
  }));
}

/** 32-bit FNV-1a over the UTF-8 bytes: stable for ever, because it decides where data lies. */
export function partitionOf(userId: string, partitions: number): number {
  if (partitions === 1) return 0;
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(userId)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return (hash >>> 0) % partitions;
}
