import { ConfigError, type Environment } from '../config.js';
import { parseRegions } from './regions.js';
import { ShardMap } from './shards.js';

/** Where each region's Redis is, and the variable that says so (for messages). */
export interface RedisAddress {
  readonly variable: string;
  readonly url: string;
}

export interface Topology {
  readonly shards: ShardMap;
  readonly redis: ReadonlyMap<string, RedisAddress>;
}

/**
 * Reads `REGIONS`, `PARTITIONS`, `REDIS_URL` and `REDIS_URL_<REGION>`.
 * @throws {ConfigError} naming the variable.
 */
export function readTopology(
  settings: { REGIONS: string; PARTITIONS: number; REDIS_URL: string },
  environment: Environment,
): Topology {
  const regions = parseRegions(settings.REGIONS);
  const redis = new Map(
    regions.map((region) => {
      const own = environment[`REDIS_URL_${region}`]?.trim();
      const address = own
        ? { variable: `REDIS_URL_${region}`, url: own }
        : { variable: 'REDIS_URL', url: settings.REDIS_URL };
      if (!/^rediss?:\/\//.test(address.url) || !URL.canParse(address.url)) {
        throw new ConfigError(address.variable, 'must be a redis:// or rediss:// URL');
      }
      return [region, address];
    }),
  );
  return { shards: new ShardMap(regions, settings.PARTITIONS), redis };
}
