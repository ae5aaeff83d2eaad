import { startStack } from '@leaderboard/local/stack';
import type { TestProject } from 'vitest/node';

/** What the end-to-end tests know of the stack that is started once for all of them. */
export interface StackUnderTest {
  /** NGINX. */
  url: string;
  gatewayUrls: string[];
  serviceUrls: string[];
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

/** Starts the whole system as `npm start` does; every test goes through NGINX unless it says otherwise. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ environment: { JWT_SECRET: jwtSecret } });
  const urlsOf = (role: string) =>
    stack.processes.filter((process) => process.role === role).map(({ url }) => url);
  project.provide('stack', {
    url: stack.url,
    gatewayUrls: urlsOf('gateway'),
    serviceUrls: urlsOf('service'),
    postgresUrls: Object.fromEntries(
      stack.config.regions.map((region) => [region, stack.postgresUrl(region)]),
    ),
    dataDir: stack.config.dataDir,
    jwtSecret,
  });
  return () => stack.stop();
}
