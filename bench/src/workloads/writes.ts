import { checkScores } from '../checks/answers.js';
import { WriteLedger } from '../checks/write-ledger.js';
import type { WrkResult } from '../load/wrk-result.js';
import { echoSide, platformSide } from './http-load.js';
import { requests } from './requests.js';
import type { Workload } from './workload.js';

/** Accepted writes, all of which are in Postgres in the end. */
export const writes: Workload = {
  group: 'writes',
  name: 'POST /score',
  baseline: 'echo of the same POST',
  unit: 'requests/s',
  target: { atLeast: 0.4, aim: 0.65 },
  async prepare(bench) {
    const ledger = await WriteLedger.open(bench, 1);
    const load = { requests: requests.score };
    return {
      sides: [platformSide(bench, load, ledger, checkScores), echoSide(bench, load)],
      check: () => ledger.check(),
    };
  },
};

/** How long a client waits who is alone. */
export const loneWrites: Workload = {
  group: 'writes',
  name: 'POST /score, 1 connection, p50',
  baseline: 'echo of the same POST',
  unit: 'µs',
  async prepare(bench) {
    const ledger = await WriteLedger.open(bench, 1);
    const load = { requests: requests.loneScore, figureOf: ({ latencyUs }: WrkResult) => latencyUs.p50 };
    return {
      sides: [platformSide(bench, load, ledger, checkScores), echoSide(bench, load)],
      check: () => ledger.check(),
    };
  },
};
