import { checkScores } from '../checks/answers.js';
import { WriteLedger } from '../checks/write-ledger.js';
import type { WrkResult } from '../load/wrk-result.js';
import { startSingleGateway } from '../platform/single-gateway.js';
import { echoSide, platformSide } from './http-load.js';
import { requests } from './requests.js';
import type { Workload } from './workload.js';

const figureOf = ({ latencyUs }: WrkResult) => latencyUs.p50;

/** How long a client waits who is alone. */
export const loneWrites: Workload = {
  group: 'writes',
  name: 'POST /score, 1 connection, p50',
  baseline: 'echo of the same POST',
  unit: 'µs',
  async prepare(bench) {
    const ledger = await WriteLedger.open(bench, 1);
    const load = { requests: requests.loneScore, figureOf };
    return {
      sides: [platformSide(bench, load, ledger, checkScores), echoSide(bench, load)],
      check: () => ledger.check(),
    };
  },
};

/** What it costs a client who is alone that requests may travel together. Both gateways are asked without NGINX. */
export const loneWritesAtGateway: Workload = {
  group: 'writes',
  name: 'POST /score, 1 connection, p50, at a gateway',
  baseline: 'a gateway with UPSTREAM_BATCHES=false',
  unit: 'µs',
  target: { atLeast: 1.1, aim: 1, lessIsBetter: true },
  async prepare(bench) {
    const ledger = await WriteLedger.open(bench, 1);
    const [gateway] = bench.platform.stack.byRole('gateway');
    const single = await startSingleGateway(bench);
    const load = { requests: requests.loneScore, figureOf };
    return {
      sides: [
        platformSide(bench, { ...load, url: gateway?.spec.url }, ledger, checkScores, 'batches'),
        platformSide(bench, { ...load, url: single.url }, ledger, checkScores, 'single'),
      ],
      check: () => ledger.check(),
      finish: () => single.close(),
    };
  },
};
