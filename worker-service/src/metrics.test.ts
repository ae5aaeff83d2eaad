import type { Shard } from '@leaderboard/shared/topology/shards';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { WorkerMetrics } from './metrics.js';

it('the first scrape has all figures of the queues, from one reading of each shard', async () => {
  const registry = new Registry();
  const shards = ['EU', 'NA'].map((tag) => ({ tag }) as Shard);
  const asked: string[] = [];
  new WorkerMetrics(registry).watchQueues(shards, async ({ tag }) => {
    asked.push(tag);
    if (tag === 'NA') throw new Error('not there');
    return { waiting: 1, inFlight: 2, dead: 3, oldestAgeSeconds: 4 };
  });

  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('worker_queue_'));
  expect(lines.sort()).toEqual([
    'worker_queue_dead{shard="EU"} 3',
    'worker_queue_depth{shard="EU"} 1',
    'worker_queue_in_flight{shard="EU"} 2',
    'worker_queue_oldest_age_seconds{shard="EU"} 4',
  ]);
  expect(asked).toEqual(['EU', 'NA']);
});
