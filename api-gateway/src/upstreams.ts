import type { Registry } from '@leaderboard/shared/http/metrics';
import type { Logger } from '@leaderboard/shared/logger';
import type { Config } from './config.js';
import { AddressWatch, type Lookup, systemLookup } from './upstream/addresses.js';
import { BatchLane } from './upstream/batch-lane.js';
import { ServiceClient } from './upstream/service-client.js';
import type { ServiceUrl } from './upstream/service-urls.js';
import { UpstreamMetrics } from './upstream/upstream-metrics.js';
import { UpstreamSet } from './upstream/upstream-set.js';

/** Processes of one kind: who they are, how they are, and a client that sends to the fit ones. */
export interface Upstreams {
  readonly set: UpstreamSet;
  readonly client: ServiceClient;
  close(): Promise<void>;
}

/** The leaderboard-services, and the workers that answer what only Postgres knows. */
export interface AllUpstreams extends Upstreams {
  readonly workers: Upstreams;
}

/** Resolves when every address that was found has been probed once, whatever the probe said. */
export async function openUpstreams(
  config: Config,
  logger: Logger,
  registry: Registry,
  lookup: Lookup = systemLookup,
): Promise<AllUpstreams> {
  const metrics = new UpstreamMetrics(registry);
  const open = (urls: readonly ServiceUrl[]) => openSet(urls, { config, logger, metrics, lookup });
  const [services, workers] = await Promise.all([open(config.serviceUrls), open(config.workerUrls)]);
  metrics.watch({ service: () => services.set.states(), worker: () => workers.set.states() });
  return {
    set: services.set,
    client: services.client,
    workers,
    async close() {
      await Promise.all([services.close(), workers.close()]);
    },
  };
}

interface SetParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: UpstreamMetrics;
  readonly lookup: Lookup;
}

async function openSet(
  urls: readonly ServiceUrl[],
  { config, logger, metrics, lookup }: SetParts,
): Promise<Upstreams> {
  const set = new UpstreamSet({
    connectTimeoutMs: config.UPSTREAM_CONNECT_TIMEOUT_MS,
    connections: config.UPSTREAM_CONNECTIONS,
    probeIntervalMs: config.PROBE_INTERVAL_MS,
    probeTimeoutMs: config.PROBE_TIMEOUT_MS,
    logger,
    metrics,
  });
  const watch = new AddressWatch({
    urls,
    refreshMs: config.DNS_REFRESH_MS,
    lookup,
    logger,
    onAddresses: (addresses) => set.setAddresses(addresses),
  });
  await watch.start();
  const lane = config.UPSTREAM_BATCHES ? new BatchLane(set, metrics) : undefined;
  return {
    set,
    client: new ServiceClient(set, config.UPSTREAM_TIMEOUT_MS, metrics, lane),
    async close() {
      watch.stop();
      lane?.close();
      await set.close();
    },
  };
}
