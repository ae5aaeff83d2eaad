import type { Authenticator } from '@leaderboard/shared/http/auth';
import type { Config } from '../config.js';
import type { IpLimits } from '../plugins/ip-limits.js';
import type { ServiceClient } from '../upstream/service-client.js';
import type { LiveConnections } from './connections.js';
import type { LiveHub } from './hub.js';
import type { LiveMetrics } from './live-metrics.js';

/** What live boards need of the gateway. */
export interface LiveContext {
  config: Config;
  auth: Authenticator;
  limits: IpLimits;
  service: ServiceClient;
}

/** What their routes share. */
export interface LiveParts extends LiveContext {
  connections: LiveConnections;
  hub: LiveHub;
  metrics: LiveMetrics;
}
