import { checkMixed } from '../checks/answers.js';
import { WriteLedger } from '../checks/write-ledger.js';
import { echoSide, platformSide } from './http-load.js';
import { requests } from './requests.js';
import type { Workload } from './workload.js';

/** Half writes, half reads. */
export const mixed: Workload = {
  group: 'mixed',
  name: 'half writes, half reads',
  baseline: 'echo of the same requests',
  unit: 'requests/s',
  target: { atLeast: 0.45, aim: 0.7 },
  async prepare(bench) {
    const ledger = await WriteLedger.open(bench, 0.5);
    const load = { requests: requests.mixed };
    return {
      sides: [platformSide(bench, load, ledger, checkMixed), echoSide(bench, load)],
      check: () => ledger.check(),
    };
  },
};
