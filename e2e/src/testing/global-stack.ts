import { inheritedEnvironment } from '@leaderboard/local/config';
import { startStack } from '@leaderboard/local/stack';
import type { TestProject } from 'vitest/node';
import { startRedisTopology, topologyName } from './redis-topology.js';

/** What the end-to-end tests know of the stack that is started once for all of them. */
export interface StackUnderTest {
  /** NGINX. */
  url: string;
  gatewayUrls: string[];
  serviceUrls: string[];
  workerUrls: string[];
  /** By region. */
  postgresUrls: Record<string, string>;
  dataDir: string;
  jwtSecret: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    stack: StackUnderTest;
  }
}

const jwtSecret = 'end-to-end-test-secret-0123456789abcdef';

/**
 * Starts the whole system as `npm start` does; every test goes through NGINX unless it says otherwise. `TEST_TOPOLOGY`
 * chooses its Redis.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { TEST_TOPOLOGY, PATH } = inheritedEnvironment();
  const redis = await startRedisTopology(topologyName(TEST_TOPOLOGY), PATH);
  const stack = await startStack({
    environment: {
      JWT_SECRET: jwtSecret,
      WEBHOOK_ALLOW_PRIVATE: 'true',
      WEBHOOK_TIMEOUT_MS: '2000',
      ...redis.environment,
    },
  }).catch(async (error: unknown) => {
    await redis.remove();
    throw error;
  });
  const urlsOf = (role: string) =>
    stack.processes.filter((process) => process.role === role).map(({ url }) => url);
  project.provide('stack', {
    url: stack.url,
    gatewayUrls: urlsOf('gateway'),
    serviceUrls: urlsOf('service'),
    workerUrls: urlsOf('worker'),
    postgresUrls: Object.fromEntries(
      stack.config.regions.map((region) => [region, stack.postgresUrl(region)]),
    ),
    dataDir: stack.config.dataDir,
    jwtSecret,
  });
  return async () => {
    await stack.stop();
    await redis.remove();
  };
}
