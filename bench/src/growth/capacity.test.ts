import { describe, expect, it } from 'vitest';
import { type Demand, type Measured, machinesFor } from './capacity.js';

const measured: Measured = {
  write: { gateway: 30, service: 20, worker: 10, nginx: 20 },
  read: { gateway: 30, service: 20, nginx: 20 },
  redisWriteUs: 20,
  redisReadUs: 10,
  bytesPerUser: 400,
  snapshotUs: 5,
  bytesPerWatcher: 10_000,
};
const demand: Demand = { eventsPerMinute: 1_000_000, users: 1_000_000, watchers: 0, readsPerEvent: 1 };

const need = (what: string, more: Partial<Demand> = {}, other: Partial<Measured> = {}) =>
  machinesFor({ ...demand, ...more }, { ...measured, ...other }).find((one) => one.what === what)?.count;

describe('machinesFor', () => {
  it('counts the busiest minute at half load', () => {
    // 50 000 writes and as many reads a second, 40 µs for both, two cores for each that is busy.
    expect(need('services')).toBe(4);
    expect(need('Redis servers')).toBe(2);
  });

  it('needs more servers for more users than fit into the memory of one', () => {
    expect(need('Redis servers', { users: 400_000_000 })).toBe(5);
  });

  it('takes nothing off a Redis by adding more of them: every shard is asked for every read', () => {
    const reads = { readsPerEvent: 10 };
    expect(need('cores of each Redis for reads that nothing caches', reads)).toBe(10);
    expect(need('cores of each Redis for reads that nothing caches', { ...reads, users: 400_000_000 })).toBe(
      10,
    );
  });

  it('has as many gateways as the limit of connections asks for', () => {
    expect(need('gateways', { watchers: 1_000_000 })).toBe(200);
  });

  it('has more where snapshots take more CPU than that', () => {
    expect(need('gateways', { watchers: 1_000_000 }, { snapshotUs: 100 })).toBeGreaterThan(400);
  });
});
