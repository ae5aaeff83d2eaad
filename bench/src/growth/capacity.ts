/** How many machines some users need: multiplication, with what was measured as its factors. docs/capacity.md explains each line. */

export interface Demand {
  readonly eventsPerMinute: number;
  readonly users: number;
  readonly watchers: number;
  readonly readsPerEvent: number;
}

/** CPU in µs for one request, by role, as `npm run bench -- writes reads` measures it. */
export type CpuByRole = Readonly<Record<string, number>>;

export interface Measured {
  readonly write: CpuByRole;
  readonly read: CpuByRole;
  /** Of Redis, for one shard. */
  readonly redisWriteUs: number;
  readonly redisReadUs: number;
  readonly bytesPerUser: number;
  readonly snapshotUs: number;
  readonly bytesPerWatcher: number;
}

/** What is assumed, and not measured. */
export const assumed = {
  /** The busiest minute ÷ the mean. */
  peak: 3,
  /** Of a core; the rest is for restarts, recoveries and luck. */
  load: 0.5,
  coresPerMachine: 8,
  /** Redis' memory for data, half of a machine of 64 GB: a rewrite of the append-only file may need as much again. */
  redisBytes: 32e9,
  snapshotsPerSecond: 2,
  /** LIVE_MAX_CONNECTIONS. */
  watchersPerGateway: 5_000,
} as const;

export interface Need {
  readonly what: string;
  readonly count: number;
  readonly formula: string;
}

export function machinesFor(demand: Demand, measured: Measured): Need[] {
  const { peak, load, coresPerMachine, redisBytes, snapshotsPerSecond, watchersPerGateway } = assumed;
  const writes = (demand.eventsPerMinute / 60) * peak;
  const reads = writes * demand.readsPerEvent;
  const cores = (role: string) =>
    (writes * (measured.write[role] ?? 0) + reads * (measured.read[role] ?? 0)) / 1e6 / load;

  const forWrites = Math.ceil((writes * measured.redisWriteUs) / 1e6 / load);
  const forMemory = Math.ceil((demand.users * measured.bytesPerUser) / redisBytes);
  const redis = Math.max(forWrites, forMemory);
  // Every shard is asked for every read, so more shards take nothing off each.
  const copies = Math.ceil((reads * measured.redisReadUs) / 1e6 / load);
  const liveCores = (demand.watchers * snapshotsPerSecond * measured.snapshotUs) / 1e6 / load;
  const gateways = Math.max(
    Math.ceil(cores('gateway') + liveCores),
    Math.ceil(demand.watchers / watchersPerGateway),
  );
  const services = Math.ceil(cores('service'));
  const workers = Math.ceil(cores('worker'));
  const nginx = Math.ceil(cores('nginx'));
  const stateless = gateways + services + workers + nginx;
  return [
    { what: 'Redis servers for writes', count: forWrites, formula: 'writes/s × Redis µs ÷ load' },
    { what: 'Redis servers for memory', count: forMemory, formula: 'users × bytes ÷ bytes of a server' },
    { what: 'Redis servers', count: redis, formula: 'the greater of both' },
    {
      what: 'cores of each Redis for reads that nothing caches',
      count: copies,
      formula: 'reads/s × Redis µs ÷ load; above 1 the reads must be cached',
    },
    { what: 'gateways', count: gateways, formula: 'the greater of CPU and watchers ÷ LIVE_MAX_CONNECTIONS' },
    { what: 'services', count: services, formula: 'CPU' },
    { what: 'workers', count: workers, formula: 'CPU' },
    { what: 'NGINX cores', count: nginx, formula: 'CPU' },
    {
      what: `machines of ${coresPerMachine} cores for all of these`,
      count: Math.ceil(stateless / coresPerMachine),
      formula: 'a process takes a core',
    },
    {
      what: 'memory of watchers, GB',
      count: Math.ceil((demand.watchers * measured.bytesPerWatcher) / 1e9),
      formula: 'watchers × bytes',
    },
  ];
}
