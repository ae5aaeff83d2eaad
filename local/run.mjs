#!/usr/bin/env node
// Makes a fresh clone runnable with nothing but Node and npm, then hands over to the compiled command:
//
//   node local/run.mjs start|stop|test|<command> [arguments]
//
// Plain JavaScript without dependencies, because nothing is installed when it starts. Each step is skipped when its
// result is up to date. Progress goes to stderr, so that the output of a command can be piped.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const [command, ...commandArguments] = process.argv.slice(2);

checkNode();
if (command === undefined || !/^[a-z][a-z-]*$/.test(command))
  fail('usage: node local/run.mjs start|stop|test|<command>');
const scriptOf = (name) => join(root, 'local', 'dist', `${name}.js`);
// A stop must work when the tree does not build.
if (command !== 'stop' || !existsSync(scriptOf(command))) await prepare();
const own = ['start', 'stop', 'test', 'token'].includes(command);
const script = scriptOf(own ? command : 'command');
process.argv.splice(1, process.argv.length - 1, script, ...(own ? [] : [command]), ...commandArguments);
await import(pathToFileURL(script).href);

function checkNode() {
  const wanted = manifest.engines.node.replace('>=', '').split('.').map(Number);
  const found = process.versions.node.split('.').map(Number);
  const older = found[0] < wanted[0] || (found[0] === wanted[0] && found[1] < (wanted[1] ?? 0));
  if (older)
    fail(`Node ${manifest.engines.node} is needed, this is ${process.versions.node}: see https://nodejs.org`);
}

async function prepare() {
  const inputs = installInputs();
  const stamp = join(root, 'node_modules', '.installed-from');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== inputs) {
    const pnpm = await fetchPnpm();
    const purge = '--config.confirmModulesPurge=false';
    await step('installing packages', process.execPath, [pnpm, 'install', '--frozen-lockfile', purge]);
    writeFileSync(stamp, inputs);
  }
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await step('building', process.execPath, [tsc, '--build'], 2000);
  await step('bundling the pages', process.execPath, [join(root, 'web', 'build.mjs')], 2000);
}

/** Changes whenever an installation could come out differently. */
function installInputs() {
  const hash = createHash('sha256');
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'];
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    if (entry.isDirectory() && !entry.name.startsWith('.')) files.push(join(entry.name, 'package.json'));
  }
  for (const file of files.sort()) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(`${file}\0`).update(readFileSync(path));
  }
  return `${process.platform}-${process.arch} ${hash.digest('hex')}\n`;
}

/** The pnpm that package.json names, fetched once into .tools. Corepack is not used: newer Nodes come without it. */
async function fetchPnpm() {
  const version = manifest.packageManager.split('@')[1].split('+')[0];
  const tools = join(root, '.tools');
  const folder = join(tools, 'node_modules', 'pnpm');
  const installed = existsSync(join(folder, 'package.json'))
    ? JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    : {};
  if (installed.version !== version) {
    mkdirSync(tools, { recursive: true });
    writeFileSync(join(tools, 'package.json'), '{ "private": true }\n');
    const npmArguments = [
      'install',
      '--no-audit',
      '--no-fund',
      '--no-save',
      '--loglevel=error',
      `pnpm@${version}`,
    ];
    await step(`fetching pnpm ${version}`, 'npm', npmArguments, 0, tools);
  }
  return join(folder, 'bin', 'pnpm.cjs');
}

/** Runs a program; what it says is shown only when it fails, or how long it takes once that is noticeable. */
function step(title, program, programArguments, quietForMs = 0, cwd = root) {
  const startedAt = Date.now();
  const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
  let announced = false;
  const announce = () => {
    process.stderr.write(`${announced ? `  … ${title} (${seconds()})` : `• ${title}`}\n`);
    announced = true;
  };
  const first = setTimeout(announce, quietForMs);
  const every = setInterval(announce, 15_000);

  return new Promise((resolve) => {
    const child = spawn(program, programArguments, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    const end = (problem) => {
      clearTimeout(first);
      clearInterval(every);
      if (problem === undefined) {
        if (announced) process.stderr.write(`✓ ${title}: ${seconds()}\n`);
        return resolve();
      }
      process.stderr.write(`${Buffer.concat(output).toString()}\n`);
      // The last line of `npm test` is its count, whatever happens.
      if (command === 'test') process.stdout.write('0 passed, 1 failed\n');
      fail(`${title} failed: ${problem}`);
    };
    child.on('error', (error) => end(error.message));
    child.on('close', (code, signal) =>
      end(code === 0 ? undefined : `${program} ended with ${signal ?? code}`),
    );
  });
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
