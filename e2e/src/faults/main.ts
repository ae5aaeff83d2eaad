import { parseArgs } from 'node:util';
import { faults } from './catalogue/index.js';
import { startRig } from './rig.js';
import { type RoundResult, runRound } from './round.js';
import { formatTable } from './table.js';

/**
 * `npm run test:faults -- --rounds N --seed S [--only TEXT]`: N rounds of every fault (whose name contains
 * TEXT; the slow ones every third round); prints the table of docs/durability.md and ends with 1 if a promise was broken.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string', default: '' },
  },
});
const rounds = Number(values.rounds);
const firstSeed = Number(values.seed);
const chosen = faults.filter(({ name }) => name.includes(values.only));
const plan = Array.from({ length: rounds }, (_, round) =>
  chosen.filter(({ slow }) => !slow || round % 3 === 0).map((fault) => ({ fault, round })),
).flat();

const log = (line: string) => process.stderr.write(`${line}\n`);
log(`${chosen.length} faults, ${plan.length} rounds in all, seed ${firstSeed}`);

const results: RoundResult[] = [];
let interrupted = false;
process.once('SIGINT', () => {
  interrupted = true;
  log('stopping after this round');
});

const rig = await startRig(process.env.PATH);
try {
  for (const { fault, round } of plan) {
    if (interrupted) break;
    const seed = firstSeed + round;
    const result = await runRound(rig, fault, seed, `f${faults.indexOf(fault)}r${round}s${seed}`);
    results.push(result);
    const verdict = result.failures.length === 0 ? 'ok' : `FAILED: ${result.failures.join('; ')}`;
    log(`[${results.length}/${plan.length}] ${fault.name}: ${result.acknowledged} acknowledged, ${verdict}`);
  }
} finally {
  await rig.close();
}
process.stdout.write(`${formatTable(results)}\n`);
process.exitCode = results.some(({ failures }) => failures.length > 0) ? 1 : 0;
