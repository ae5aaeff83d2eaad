import type { AddressInfo } from 'node:net';
import type { App } from '@leaderboard/shared/http/app';
import { mintToken, type Role } from '@leaderboard/shared/http/auth';
import { createMetrics } from '@leaderboard/shared/http/metrics';
import { createLogger } from '@leaderboard/shared/logger';
import { buildApp } from '../app.js';
import { loadConfig } from '../config.js';
import type { Lookup } from '../upstream/addresses.js';
import type { HealthStatus } from '../upstream/health.js';
import { type AllUpstreams, openUpstreams } from '../upstreams.js';
import { FakeService } from './fake-service.js';
import { until } from './until.js';

const secret = 'integration-test-secret-0123456789abcdef';

export interface GatewayHarness {
  readonly app: App;
  readonly url: string;
  readonly upstreams: AllUpstreams;
  statusOf(service: FakeService): HealthStatus | undefined;
  /** Resolves when the gateway sees this service so. */
  sees(service: FakeService, status: HealthStatus): Promise<void>;
  close(): Promise<void>;
}

/** Probes are quick here, so that tests are; and what tests ask for arrives each time. */
const quick = { PROBE_INTERVAL_MS: '100', PROBE_TIMEOUT_MS: '400', DNS_REFRESH_MS: '100', TOP_CACHE_MS: '0' };

/** A gateway that listens on a free port, in front of these services. */
export async function startGateway(
  services: readonly FakeService[] | string,
  environment: Record<string, string> = {},
  lookup?: Lookup,
): Promise<GatewayHarness> {
  const urls = typeof services === 'string' ? services : services.map(({ url }) => url).join(',');
  const config = loadConfig({
    JWT_SECRET: secret,
    LOG_LEVEL: 'silent',
    LEADERBOARD_SERVICE_URLS: urls,
    ...quick,
    ...environment,
  });
  const logger = createLogger({ service: 'test', instance: 'test', level: config.LOG_LEVEL });
  const metrics = createMetrics('test');
  const upstreams = await openUpstreams(config, logger, metrics, lookup);
  const app = await buildApp({ config, logger, metrics, upstreams, notReady: () => undefined });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;

  const statusOf = (service: FakeService) =>
    upstreams.set.states().find(({ url }) => url === service.url)?.status;
  return {
    app,
    url: `http://127.0.0.1:${port}`,
    upstreams,
    statusOf,
    sees: (service, status) => until(() => statusOf(service) === status, `${service.url} is ${status}`),
    async close() {
      app.server.closeAllConnections();
      await app.close();
      await upstreams.close();
    },
  };
}

export function tokenOf(userId: string, role: Role = 'player'): string {
  return mintToken({ user_id: userId, name: userId, region: 'EU', role }, secret, 600);
}

export const bearer = (userId = 'alice') => ({ authorization: `Bearer ${tokenOf(userId)}` });

/** A gateway with as many services, and one call that ends them all. */
export async function startSystem(count: number, environment: Record<string, string> = {}) {
  const services = await Promise.all(Array.from({ length: count }, () => FakeService.start()));
  const gateway = await startGateway(services, environment);
  const close = async () => {
    await gateway.close();
    await Promise.all(services.map((service) => service.crash()));
  };
  return { gateway, services, close };
}
