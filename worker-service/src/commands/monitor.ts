import { hostname } from 'node:os';
import { ConfigError } from '@leaderboard/shared/config';
import { interruptible } from '@leaderboard/shared/interruption';
import { runMain } from '@leaderboard/shared/lifecycle';
import { createLogger } from '@leaderboard/shared/logger';
import { connectTopology } from '@leaderboard/shared/topology/redis-connections';
import type { Shard, ShardMap } from '@leaderboard/shared/topology/shards';
import { loadConfig } from '../config.js';
import { EventGroup } from '../events/event-group.js';
import { jsonLine, readableLine } from '../events/event-line.js';
import { followEvents } from '../events/follow-events.js';
import { LineOutput } from '../events/line-output.js';
import { readOptions } from './tools.js';

/**
 * `npm run monitor`: shows the event streams of all shards as they grow, and goes on where it stopped. Events go to
 * stdout, everything else to stderr. Options: --json, --region R, --group NAME, --from-start.
 */
await runMain(async () => {
  const options = readOptions({
    json: { type: 'boolean' },
    region: { type: 'string' },
    group: { type: 'string' },
    'from-start': { type: 'boolean' },
  });
  const config = loadConfig();
  const shards = shardsOf(config.topology.shards, options.region);
  const name = options.group ?? 'monitor';
  if (!/^[\x21-\x7e]{1,64}$/.test(name))
    throw new ConfigError('--group', 'must be 1–64 printable characters');

  const output = new LineOutput(process.stdout);
  const signal = AbortSignal.any([interruptible(() => process.exit(130)), output.closed]);
  const logger = createLogger({ service: 'command', instance: config.INSTANCE, level: 'silent' });
  const line = options.json ? jsonLine : readableLine;

  const redis = await connectTopology(config.topology, 'monitor', logger);
  const follow = async (shard: Shard) => {
    const waiting = await redis.dedicated(shard, 'monitor');
    try {
      await followEvents({
        // The same name after a restart, so that what was not acked is found again at once.
        group: new EventGroup(shard, waiting, name, hostname()),
        begin: options['from-start'] ? 'first' : 'next',
        show: (entries) => output.write(entries.map((entry) => `${line(shard.tag, entry)}\n`).join('')),
        say: (text) => process.stderr.write(`${shard.tag}: ${text}\n`),
        signal,
      });
    } finally {
      await waiting.close();
    }
  };
  try {
    await Promise.all(shards.map(follow));
  } finally {
    await redis.close();
  }
});

/** @throws {ConfigError} for a region that does not exist */
function shardsOf(map: ShardMap, region: string | undefined): readonly Shard[] {
  if (region === undefined) return map.shards;
  const known = map.region(region);
  if (known === undefined) throw new ConfigError('--region', `must be one of ${map.regions.join(', ')}`);
  return map.shards.filter((shard) => shard.region === known);
}
