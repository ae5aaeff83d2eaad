import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Sources instead of dist, so that a test never runs against an old build of what it imports. */
const sourceOf = (name: string) => ({
  find: new RegExp(`^@leaderboard/${name}/(.*)$`),
  replacement: fileURLToPath(new URL(`./${name}/src/$1.ts`, import.meta.url)),
});
const alias = [sourceOf('shared'), sourceOf('local')];

const integration = '**/src/**/*.integration.test.ts';
const endToEnd = 'e2e/src/**/*.e2e.test.ts';
const faults = 'e2e/src/**/*.faults.test.ts';

/** Pure tests run side by side; those that start servers one file after another, in this order. */
export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['**/src/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', integration, endToEnd, faults],
          sequence: { groupOrder: 0 },
        },
      },
      oneByOne('integration', integration, 1),
      // One stack for all end-to-end tests; fault tests start their own.
      oneByOne('e2e', endToEnd, 2, ['e2e/src/testing/global-stack.ts']),
      oneByOne('faults', faults, 3),
    ],
  },
});

function oneByOne(name: string, include: string, groupOrder: number, globalSetup: string[] = []) {
  return {
    resolve: { alias },
    test: {
      name,
      include: [include],
      exclude: ['**/node_modules/**', '**/dist/**'],
      sequence: { groupOrder },
      globalSetup,
      fileParallelism: false,
      testTimeout: 60_000,
      hookTimeout: 120_000,
      teardownTimeout: 60_000,
    },
  };
}
