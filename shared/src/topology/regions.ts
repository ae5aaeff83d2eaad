import { ConfigError } from '../config.js';

/** The region that is a home like any other, and in a read means everyone. */
export const everyone = 'GLOBAL';

/**
 * Reads `REGIONS`: comma-separated names, upper-cased, in the order given.
 * @throws {ConfigError} for no region, a repeated one, a bad name or a list without GLOBAL.
 */
export function parseRegions(list: string): readonly string[] {
  const regions = list.split(',').map((name) => name.trim().toUpperCase());
  for (const name of regions) {
    if (!/^[A-Z][A-Z0-9_]{0,31}$/.test(name)) throw new ConfigError('REGIONS', `has a bad name: "${name}"`);
  }
  if (new Set(regions).size !== regions.length) throw new ConfigError('REGIONS', 'names a region twice');
  if (!regions.includes(everyone)) throw new ConfigError('REGIONS', `must contain ${everyone}`);
  return regions;
}
