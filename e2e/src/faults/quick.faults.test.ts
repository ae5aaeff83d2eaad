import { afterAll, beforeAll, expect, it } from 'vitest';
import { faults } from './catalogue/index.js';
import { type Rig, startRig } from './rig.js';
import { runRound } from './round.js';

/** One round of the faults that take seconds; `npm run test:faults` runs them all, many times. */
const quick = [
  'worker killed after claim',
  'worker killed after commit',
  'worker frozen past its lease',
  'Redis killed, restarted on its append-only file',
  'Redis emptied after a drain',
  'Redis emptied with a backlog',
  'FLUSHALL under load',
  'recovery killed: half restored',
  'maxmemory reached',
  'Postgres crashes',
  'Postgres locked for 4 s',
  'the answer of a COMMIT is lost',
  'leaderboard-service killed, 1 of 3',
  'gateway killed, 1 of 2',
  'rolling restart of everything',
  'poison in the queue',
  'move to 3 partitions and back, killed each time',
];

let rig: Rig;
beforeAll(async () => {
  rig = await startRig(process.env.PATH);
});
afterAll(() => rig?.close());

it.each(quick)('survives: %s', { timeout: 240_000 }, async (name) => {
  const fault = faults.find((candidate) => candidate.name === name);
  if (!fault) throw new Error(`there is no fault "${name}"`);
  const seed = Date.now() % 1_000_000;
  const result = await runRound(rig, fault, seed, `q${quick.indexOf(name)}s${seed}`);
  expect(result.failures, `seed ${seed}`).toEqual([]);
});
