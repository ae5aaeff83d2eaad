import type { Bench } from '../bench.js';
import type { AnswerCheck } from '../checks/answers.js';
import { countStatuses, refusalsBetween } from '../checks/gateway-statuses.js';
import type { WriteLedger } from '../checks/write-ledger.js';
import { runWrk } from '../load/wrk.js';
import { describeErrors, type WrkResult } from '../load/wrk-result.js';
import { cpuPer, readCpu } from '../measure/cpu.js';
import type { Requests } from './requests.js';
import type { Side } from './workload.js';

/** A process serves for weeks: what its first seconds cost, before its code is compiled, is not what is measured. */
const warmUpSeconds = ({ options }: Bench) => 5 * options.seconds;

export interface HttpLoad {
  readonly requests: Requests;
  /** Instead of NGINX. */
  readonly url?: string | undefined;
  /** What of a run is the figure. */
  readonly figureOf?: (result: WrkResult, events: number) => number;
}

const perSecond = (result: WrkResult, events: number) => result.acceptedPerSecond * events;

/**
 * The platform under HTTP load. A round's CPU is counted until everything that it wrote is stored, so that the worker's
 * share is in it even where the queue grows.
 */
export function platformSide(
  bench: Bench,
  { requests, url, figureOf = perSecond }: HttpLoad,
  ledger: WriteLedger | undefined,
  check: AnswerCheck,
  name = 'platform',
): Side {
  const { platform, signal } = bench;
  const { events = 1 } = requests;
  const run = async (seconds: number) => {
    const connections = requests.connections ?? bench.options.connections;
    const load = { script: requests.script, args: requests.args(bench, seconds), connections, seconds };
    const result = await runWrk(bench.wrk, url ?? platform.stack.url, load, signal);
    ledger?.ran(result, connections * events);
    return result;
  };
  return {
    name,
    async warmUp() {
      // Both to their end, even if one fails: a load that runs on would disturb what comes next.
      const [ran, checked] = await Promise.allSettled([run(warmUpSeconds(bench)), check(bench)]);
      if (ran.status === 'rejected') throw ran.reason;
      if (checked.status === 'rejected') throw checked.reason;
      ledger?.acknowledged(checked.value.acknowledged);
      return [...checked.value.failures, ...problemsOf(ran.value)];
    },
    async round() {
      const statuses = await countStatuses(platform);
      const before = readCpu(platform.roots());
      const result = await run(bench.options.seconds);
      const queue: Record<string, number> = requests.write
        ? { queue_at_end: await platform.queues.unstored() }
        : {};
      await platform.queues.drained(signal);
      const after = readCpu(platform.roots());
      const cpuUs = cpuPer(result.accepted * events, before, after);
      const failures = problemsOf(result);
      if (result.errors.status > 0)
        failures.push(`the gateways answered ${refusalsBetween(statuses, await countStatuses(platform))}`);
      const figures = { ...latencyFigures(result), ...queue };
      return { value: figureOf(result, events), figures, cpuUs, failures };
    },
  };
}

/** The same requests to NGINX and a bare Fastify. */
export function echoSide(bench: Bench, { requests, figureOf = perSecond }: HttpLoad): Side {
  const { echo, signal } = bench;
  const run = (seconds: number) => {
    const connections = requests.connections ?? bench.options.connections;
    const load = { script: requests.script, args: requests.args(bench, seconds), connections, seconds };
    return runWrk(bench.wrk, echo.url, load, signal);
  };
  return {
    name: 'echo',
    async warmUp() {
      return problemsOf(await run(warmUpSeconds(bench)));
    },
    async round() {
      const before = readCpu(echo.roots());
      const result = await run(bench.options.seconds);
      const cpuUs = cpuPer(result.accepted, before, readCpu(echo.roots()));
      const failures = problemsOf(result);
      return { value: figureOf(result, 1), figures: latencyFigures(result), cpuUs, failures };
    },
  };
}

function problemsOf({ errors, refusedEvents }: WrkResult): string[] {
  const description = describeErrors(errors);
  const failures = description === undefined ? [] : [description];
  if (refusedEvents > 0) failures.push(`${refusedEvents} events were refused`);
  return failures;
}

const latencyFigures = ({ latencyUs }: WrkResult) => ({ p50_us: latencyUs.p50, p99_us: latencyUs.p99 });
