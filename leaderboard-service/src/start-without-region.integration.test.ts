import { type DisposableRedis, startDisposableRedis } from '@leaderboard/local/disposable-redis';
import { createLogger } from '@leaderboard/shared/logger';
import { connectTopology } from '@leaderboard/shared/topology/redis-connections';
import { readTopology } from '@leaderboard/shared/topology/settings';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const logger = createLogger({ service: 'test', instance: '', level: 'silent' });
const nobody = 'redis://127.0.0.1:1';
const topologyWith = (urls: { REDIS_URL: string; REDIS_URL_ASIA: string }) =>
  readTopology({ REGIONS: 'ASIA,GLOBAL', PARTITIONS: 1, REDIS_CLUSTER: false, ...urls }, urls);

describe('connecting to a Redis for each region', () => {
  let server: DisposableRedis;
  beforeAll(async () => {
    server = await startDisposableRedis(process.env.PATH);
  });
  afterAll(() => server.remove());

  it('goes on without one that is away', async () => {
    const topology = topologyWith({ REDIS_URL: server.url, REDIS_URL_ASIA: nobody });
    const redis = await connectTopology(topology, 'test', logger);
    const [asia, global] = topology.shards.shards.map((shard) => redis.of(shard));
    expect(await global?.send(['PING'])).toBe('PONG');
    await expect(asia?.send(['PING'])).rejects.toThrow('no connection to redis://127.0.0.1:1');
    await redis.close();
  });

  it('gives up when all are', async () => {
    const topology = topologyWith({ REDIS_URL: nobody, REDIS_URL_ASIA: 'redis://127.0.0.1:2' });
    await expect(connectTopology(topology, 'test', logger)).rejects.toThrow(
      /^REDIS_URL\w* cannot be reached at redis:/,
    );
  });
});
