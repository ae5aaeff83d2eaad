import { Problem } from '@leaderboard/shared/http/problems';
import type { ShardMap } from '@leaderboard/shared/topology/shards';

/** The region as it is answered. @throws {Problem} unknown_region */
export function parseRegion(shards: ShardMap, name: string): string {
  const region = shards.region(name);
  if (region === undefined) {
    throw new Problem('unknown_region', `"${name}" is none of ${shards.regions.join(', ')}`);
  }
  return region;
}
