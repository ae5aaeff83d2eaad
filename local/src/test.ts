import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '@leaderboard/shared/config';
import { inheritedEnvironment } from './config.js';
import { readJson } from './files.js';
import { chromiumProgram, ensurePrograms, nginxProgram, pgbouncerProgram, redisProgram } from './packages.js';
import { inRepository, repositoryRoot } from './paths.js';
import { showProgress } from './progress.js';
import { StartError } from './start-error.js';
import { sweepAbandoned } from './temporary-directory.js';

/**
 * `npm test`: format and lint, import directions, types, then unit, integration, end-to-end and fault tests, each after
 * the other; of the end-to-end tests the most telling ones again on other layouts of Redis. Each check counts as one test. The
 * last line says how many passed and failed. Arguments go to vitest: `npm test -- --project unit ranks`. `--topologies` runs all
 * end-to-end tests on every layout.
 */
const sources = [
  'api-gateway',
  'leaderboard-service',
  'worker-service',
  'shared',
  'local',
  'e2e',
  'bench',
  'web',
]
  .map((name) => `${name}/src`)
  .filter((path) => existsSync(inRepository(path)));
const checks: [title: string, packageName: string, script: string, args: string[]][] = [
  ['format and lint', '@biomejs/biome', 'bin/biome', ['check', '.']],
  [
    'imports',
    'dependency-cruiser',
    'bin/dependency-cruise.mjs',
    ['--config', '.dependency-cruiser.cjs', ...sources],
  ],
  ['types', 'typescript', 'bin/tsc', ['--project', 'tsconfig.tests.json']],
];
const projects = ['unit', 'integration', 'e2e', 'faults'];
/** What `TEST_TOPOLOGY` may be (e2e/src/testing/redis-topology.ts); the first is the default. */
const topologies = ['one', 'regions', 'cluster'];
const onEveryTopology = ['walk-through', 'boards', 'games', 'tokens'];

interface Count {
  passed: number;
  failed: number;
}

let running: ChildProcess | undefined;
let interrupted = false;

await main();

async function main(): Promise<void> {
  stopOnSignals();
  const args = process.argv.slice(2);
  const total: Count = { passed: 0, failed: 0 };
  const add = ({ passed, failed }: Count) => {
    total.passed += passed;
    total.failed += failed;
  };
  try {
    await ensurePrograms(
      [redisProgram, nginxProgram, pgbouncerProgram, ...(wantsBrowser(args) ? [chromiumProgram] : [])],
      inheritedEnvironment().PATH,
      showProgress,
    );
    await sweepAbandoned();
    if (args.length === 0) for (const check of checks) add(await runCheck(...check));
    if (args.includes('--topologies')) {
      for (const topology of topologies) add(await runEndToEnd(topology, []));
    } else if (args.includes('--project')) add(await runTests(args));
    else for (const project of projects) add(await runTests(['--project', project, ...args]));
    if (args.length === 0) {
      for (const topology of topologies.slice(1)) add(await runEndToEnd(topology, onEveryTopology));
    }
  } catch (error) {
    process.stderr.write(`${error instanceof StartError ? error.message : String(error)}\n`);
    add({ passed: 0, failed: 1 });
  } finally {
    await sweepAbandoned();
  }
  if (interrupted) showProgress('interrupted');
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  process.exitCode = interrupted ? 130 : total.failed > 0 || total.passed === 0 ? 1 : 0;
}

/** Only the end-to-end tests need one, and it is large. */
function wantsBrowser(args: readonly string[]): boolean {
  const project = args[args.indexOf('--project') + 1];
  return !args.includes('--project') || project === 'e2e';
}

async function runCheck(title: string, packageName: string, script: string, args: string[]): Promise<Count> {
  if (interrupted) return { passed: 0, failed: 0 };
  const output: Buffer[] = [];
  const child = run(packageName, script, args, ['ignore', 'pipe', 'pipe']);
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => output.push(chunk));
  const passed = await succeeded(child);
  showProgress(`${title}: ${passed ? 'passed' : 'FAILED'}`);
  if (!passed) process.stdout.write(`${Buffer.concat(output).toString()}\n`);
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1 };
}

async function runEndToEnd(topology: string, files: readonly string[]): Promise<Count> {
  showProgress(`end-to-end tests, TEST_TOPOLOGY=${topology}`);
  return await runTests(['--project', 'e2e', ...files], { TEST_TOPOLOGY: topology });
}

interface VitestResult {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { status: string; assertionResults: { status: string }[] }[];
}

async function runTests(args: string[], environment: Environment = {}): Promise<Count> {
  if (interrupted) return { passed: 0, failed: 0 };
  const directory = mkdtempSync(join(tmpdir(), 'leaderboard-results-'));
  const resultFile = join(directory, 'results.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${resultFile}`];
  const child = run(
    'vitest',
    'vitest.mjs',
    ['run', ...(args.length > 0 ? ['--passWithNoTests'] : []), ...reporters, ...args],
    'inherit',
    environment,
  );
  const passed = await succeeded(child);
  const result = readJson<VitestResult>(resultFile);
  rmSync(directory, { recursive: true });
  if (!result) return { passed: 0, failed: passed ? 0 : 1 };
  // A file that could not even be loaded has failed without a failed test in it.
  const broken = result.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = result.numFailedTests + broken;
  return { passed: result.numPassedTests, failed: failed === 0 && !passed ? 1 : failed };
}

/** A program of one of the root's development dependencies. */
function run(
  packageName: string,
  script: string,
  args: string[],
  stdio: 'inherit' | ('ignore' | 'pipe')[],
  environment: Environment = {},
): ChildProcess {
  const path = inRepository('node_modules', packageName, script);
  const env = { ...inheritedEnvironment(), ...environment };
  running = spawn(process.execPath, [path, ...args], { cwd: repositoryRoot, env, stdio });
  return running;
}

function succeeded(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });
}

/** The terminal has told the child too; one that does not end is ended. What tests leave running is swept up. */
function stopOnSignals(): void {
  const stop = (signal: NodeJS.Signals) => {
    interrupted = true;
    if (signal === 'SIGTERM') running?.kill('SIGTERM');
    setTimeout(() => running?.kill('SIGKILL'), 5000).unref();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
