import { randomBytes } from 'node:crypto';
import { ConfigError } from '@leaderboard/shared/config';
import { interruptible } from '@leaderboard/shared/interruption';
import { runMain } from '@leaderboard/shared/lifecycle';
import { count, ProgressDisplay } from '../bulk/progress-display.js';
import { findTarget } from '../bulk/target.js';
import { readLocalConfig } from '../config.js';
import { numberOption, readOptions } from '../options.js';
import { parseGames, prepareGames, takesTimestamps } from './games.js';
import { ms, Simulation } from './simulate.js';
import { Stores } from './stores.js';

/** `npm run simulate`: players and plays, live figures, and a check of all that was accepted; see docs/tools.md. */
const text = { type: 'string' } as const;
const options = {
  players: text,
  events: text,
  seconds: text,
  rate: text,
  bulk: text,
  single: { type: 'boolean' },
  calls: text,
  regions: text,
  games: text,
  late: text,
  duplicates: text,
  seed: text,
  url: text,
} as const;
const defaultGames = 'default,sim-coins:incr,sim-laps:best:asc';

await runMain(async () => {
  const { values, positionals } = readOptions(options, process.argv.slice(2));
  if (positionals.length > 0) throw new ConfigError('options:', `"${positionals[0]}" is none`);
  const share = { least: 0, most: 1, whole: false };
  const number = (
    name: keyof typeof values & string,
    range = { least: 1 } as Parameters<typeof numberOption>[2],
  ) => numberOption(name, values[name] as string | undefined, range);
  const seconds = number('seconds') ?? Number.POSITIVE_INFINITY;
  const events = number('events') ?? (Number.isFinite(seconds) ? Number.POSITIVE_INFINITY : 100_000);
  const load = {
    bulk: values.single ? 0 : (number('bulk', { least: 1, most: 1000 }) ?? 500),
    calls: number('calls', { least: 1, most: 256 }) ?? (values.single ? 32 : 8),
    events,
    seconds,
    rate: number('rate') ?? Number.POSITIVE_INFINITY,
    duplicates: number('duplicates', share) ?? 0.01,
  };
  const players = number('players', { least: 1, most: 10_000_000 }) ?? 10_000;
  const seed = number('seed', { least: 0, most: 2 ** 31 - 1 }) ?? randomBytes(3).readUIntBE(0, 3);
  const wantedGames = parseGames(values.games ?? defaultGames);
  const wantedLate = number('late', share);

  const config = readLocalConfig();
  const regions = regionsOf(values.regions, config.regions);
  const target = findTarget(config, values.url);
  const games = await prepareGames(wantedGames, target);
  const display = new ProgressDisplay();
  const late = !values.single && (await takesTimestamps(target)) ? (wantedLate ?? 0.01) : 0;
  if (late === 0 && (wantedLate ?? 0) > 0)
    display.say('This server takes no time with an event: none is late.');

  const signal = interruptible(() => process.exit(130));
  const stores = await Stores.connect(config);
  const run = `sim-${randomBytes(4).toString('hex')}`;
  const simulation = new Simulation(
    { run, seed, players, regions, games, late },
    load,
    target,
    stores,
    display,
  );
  display.say(
    `${run}: ${count(players)} players in ${regions.join(', ')}, seed ${seed}; Ctrl-C ends it and checks`,
  );
  try {
    await simulation.play(signal);
    printFigures(simulation);
    await simulation.settle();
    const checked = await simulation.check();
    printFindings(simulation, checked);
  } finally {
    await stores?.close();
  }
});

function regionsOf(list: string | undefined, known: readonly string[]): readonly string[] {
  const regions = list?.split(',').map((region) => region.trim().toUpperCase()) ?? known;
  const unknown = regions.find((region) => !known.includes(region));
  if (unknown !== undefined)
    throw new ConfigError('--regions', `has ${unknown}; known are ${known.join(', ')}`);
  return regions;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printFigures({ ledger, figures }: Simulation): void {
  const { seconds, latencyUs, held, replayed } = figures;
  const speed = ledger.accepted / seconds;
  print(`accepted     ${count(ledger.accepted)} of ${count(ledger.sent)} events in ${seconds.toFixed(1)} s`);
  print(`             ${count(speed)} events/s, ${count(speed * 60)} a minute`);
  print(`calls        p50 ${ms(latencyUs.percentile(50))}, p99 ${ms(latencyUs.percentile(99))}`);
  print(`replayed     ${count(replayed)} duplicates, applied once`);
  for (const [code, events] of ledger.refusals) print(`refused      ${count(events)} ${code}`);
  for (const [reason, events] of held) print(`held back    ${count(events)} ${reason}, sent again`);
}

function printFindings({ findings, follower }: Simulation, checked: readonly string[]): void {
  if (follower && follower.lagMs.count > 0) {
    const [p50, p99] = [follower.lagMs.percentile(50), follower.lagMs.percentile(99)];
    print(`stored       and told p50 ${p50} ms, p99 ${p99} ms after acceptance`);
  }
  if (follower && follower.trimmed > 0) {
    print(
      'The event stream was trimmed faster than it could be read: it is not checked (EVENTS_MAX_LENGTH).',
    );
  }
  if (!follower)
    print('Postgres and the event stream are not checked: REDIS_URL and PGHOST do not say where they are.');
  for (const example of findings.examples) print(`  ${example}`);
  print(`check        ${checked.join(', ')}: ${count(findings.differences)} differences`);
  if (findings.differences > 0) process.exitCode = 1;
}
