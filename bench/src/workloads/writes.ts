import { checkScores } from '../checks/answers.js';
import { WriteLedger } from '../checks/write-ledger.js';
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
