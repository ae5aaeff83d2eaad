import type { Registry } from '@leaderboard/shared/http/metrics';
import type { Logger } from '@leaderboard/shared/logger';
import type { Config } from './config.js';
import { AddressWatch, type Lookup, systemLookup } from './upstream/addresses.js';
import { ServiceClient } from './upstream/service-client.js';
import { UpstreamMetrics } from './upstream/upstream-metrics.js';
import { UpstreamSet } from './upstream/upstream-set.js';

/** The way to the leaderboard-services: who they are, how they are, and a client that sends to the fit ones. */
export interface Upstreams {
  readonly set: UpstreamSet;
  readonly client: ServiceClient;
  close(): Promise<void>;
}

/** Resolves when every address that was found has been probed once, whatever the probe said. */
export async function openUpstreams(
  config: Config,
  logger: Logger,
  registry: Registry,
  lookup: Lookup = systemLookup,
): Promise<Upstreams> {
  const metrics = new UpstreamMetrics(registry);
  const set = new UpstreamSet({
    connectTimeoutMs: config.UPSTREAM_CONNECT_TIMEOUT_MS,
    connections: config.UPSTREAM_CONNECTIONS,
    probeIntervalMs: config.PROBE_INTERVAL_MS,
    probeTimeoutMs: config.PROBE_TIMEOUT_MS,
    logger,
    metrics,
  });
  metrics.watch(() => set.states());

  const watch = new AddressWatch({
    urls: config.serviceUrls,
    refreshMs: config.DNS_REFRESH_MS,
    lookup,
    logger,
    onAddresses: (addresses) => set.setAddresses(addresses),
  });
  await watch.start();

  return {
    set,
    client: new ServiceClient(set, config.UPSTREAM_TIMEOUT_MS, metrics),
    async close() {
      watch.stop();
      await set.close();
    },
  };
}
