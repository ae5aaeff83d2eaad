import { ConfigError, type Environment } from '../config.js';
import { parseRegions } from './regions.js';
import { ShardMap } from './shards.js';

/** Where a Redis is, and the variable that says so (for messages). */
export interface RedisAddress {
  readonly variable: string;
  readonly url: string;
}

export interface Topology {
  readonly shards: ShardMap;
  /** By region; empty with a cluster. */
  readonly redis: ReadonlyMap<string, RedisAddress>;
  /** Some nodes of the cluster that holds all shards, which tell of the others. */
  readonly cluster: readonly RedisAddress[] | undefined;
}

interface TopologySettings {
  readonly REGIONS: string;
  readonly PARTITIONS: number;
  readonly REDIS_URL: string;
  readonly REDIS_CLUSTER: boolean;
}

/**
 * Reads `REGIONS`, `PARTITIONS`, `REDIS_CLUSTER`, `REDIS_URL` and `REDIS_URL_<REGION>`.
 * @throws {ConfigError} naming the variable, also for what cannot be together.
 */
export function readTopology(settings: TopologySettings, environment: Environment): Topology {
  const regions = parseRegions(settings.REGIONS);
  const shards = new ShardMap(regions, settings.PARTITIONS);
  const own = regionUrls(regions, environment);
  if (!settings.REDIS_CLUSTER) {
    return {
      shards,
      redis: regionAddresses(regions, own, settings.REDIS_URL, environment),
      cluster: undefined,
    };
  }
  const [mixed] = own.values();
  if (mixed) throw new ConfigError(mixed.variable, 'cannot be set together with REDIS_CLUSTER=true');
  return { shards, redis: new Map(), cluster: clusterSeeds(settings.REDIS_URL) };
}

/** `REDIS_URL_<REGION>`, where it is set. */
function regionUrls(regions: readonly string[], environment: Environment): Map<string, RedisAddress> {
  const own = new Map<string, RedisAddress>();
  for (const [variable, value] of Object.entries(environment)) {
    const region = /^REDIS_URL_(.+)$/.exec(variable)?.[1];
    const url = value?.trim();
    if (region === undefined || !url) continue;
    if (!regions.includes(region))
      throw new ConfigError(variable, `is for a region that is not one of REGIONS (${regions.join(', ')})`);
    own.set(region, { variable, url });
  }
  return own;
}

function regionAddresses(
  regions: readonly string[],
  own: ReadonlyMap<string, RedisAddress>,
  sharedUrl: string,
  environment: Environment,
): Map<string, RedisAddress> {
  // The default of REDIS_URL is for those who set none at all.
  const isShared = own.size === 0 || Boolean(environment.REDIS_URL?.trim());
  return new Map(
    regions.map((region) => {
      const address = own.get(region) ?? { variable: 'REDIS_URL', url: sharedUrl };
      if (!isShared && !own.has(region))
        throw new ConfigError(`REDIS_URL_${region}`, 'is not set, and neither is REDIS_URL');
      if (address.url.includes(','))
        throw new ConfigError(
          address.variable,
          'names several servers, which only REDIS_CLUSTER=true allows',
        );
      checkUrl(address);
      return [region, address];
    }),
  );
}

function clusterSeeds(urls: string): RedisAddress[] {
  const seeds = urls.split(',').map((url) => ({ variable: 'REDIS_URL', url: url.trim() }));
  for (const seed of seeds) {
    checkUrl(seed);
    if (!/^\/?0?$/.test(new URL(seed.url).pathname))
      throw new ConfigError('REDIS_URL', 'names a database, of which a cluster has only the first');
  }
  return seeds;
}

function checkUrl({ variable, url }: RedisAddress): void {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url))
    throw new ConfigError(variable, 'must be a redis:// or rediss:// URL');
}
