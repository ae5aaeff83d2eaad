import { until } from '../testing/until.js';
import { check, drained, verify } from './checker.js';
import type { Fault } from './fault.js';
import { lostAsReported } from './lost-writes.js';
import { Random } from './random.js';
import type { System } from './rig.js';
import { Workload } from './workload.js';

export interface RoundResult {
  readonly fault: string;
  readonly seed: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly unknown: number;
  readonly lost: number;
  readonly doubled: number;
  readonly wrong: number;
  readonly misranked: number;
  /** From the moment the fault was healed until a write sent after it was acknowledged. */
  readonly recoveryMs: number;
  /** 99th percentile of acknowledged writes while the fault lasted ÷ before it. */
  readonly p99Ratio: number;
  readonly failures: string[];
}

const clients = 12;
const players = 48;
/** Enough for a percentile to compare with. */
const acknowledgedBefore = 400;
const acknowledgedAfter = 150;

/** One fault under load, and the check of everything that was promised. */
export async function runRound<Tested extends System>(
  rig: Tested,
  fault: Fault<Tested>,
  seed: number,
  label: string,
): Promise<RoundResult> {
  const { stack, serverToken: token } = rig;
  const { regions } = stack.config;
  const workload = new Workload({ url: stack.url, token, label, seed, players, clients, regions });
  const failures: string[] = [];
  const lostBefore = await lostAsReported(stack);

  const startedAtMs = performance.now();
  workload.start();
  let recoveryMs = 0;
  let p99Ratio = Number.NaN;
  let unknown = 0;
  try {
    await until('the load runs', () => workload.count('acknowledged') >= acknowledgedBefore);
    const injectedAtMs = performance.now();
    try {
      await fault.inject({ rig, random: new Random(seed), workload });
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
      workload.start();
    }
    const healedAtMs = performance.now();
    p99Ratio = workload.p99(injectedAtMs, healedAtMs) / workload.p99(startedAtMs, injectedAtMs);
    const isLater = () =>
      workload.writes.some((write) => write.outcome === 'acknowledged' && write.sentAtMs > healedAtMs);
    await until('writes are acknowledged again', isLater, { everyMs: 20 });
    recoveryMs = performance.now() - healedAtMs;
    const enough = workload.count('acknowledged') + acknowledgedAfter;
    await until('the load goes on', () => workload.count('acknowledged') >= enough);
  } finally {
    await workload.stop();
  }
  unknown = workload.count('unknown');
  await workload.settle();
  await drained(stack);

  const differences = await check(stack, workload, label);
  failures.push(...judge(fault, differences, (await lostAsReported(stack)) - lostBefore, unknown));
  await verify(stack).catch((error: Error) => failures.push(`verify: ${error.message}`));
  await workload.close();
  return {
    fault: fault.name,
    seed,
    acknowledged: workload.count('acknowledged'),
    refused: workload.count('refused'),
    unknown,
    lost: differences.lost,
    doubled: differences.doubled,
    wrong: differences.wrongScores + (fault.mayLose === 'nothing' ? differences.violations : 0),
    misranked: differences.misranked,
    recoveryMs,
    p99Ratio,
    failures,
  };
}

type Found = Awaited<ReturnType<typeof check>>;

/** What is wrong for this fault; a loss that was announced and reported exactly is not. */
function judge(
  { mayLose }: Pick<Fault, 'mayLose'>,
  found: Found,
  reported: number,
  unknown: number,
): string[] {
  const lossAllowed = mayLose === 'counted';
  const failures: string[] = [];
  // A service also counts what it acknowledged and what its client never heard of, and retried.
  if (lossAllowed && (found.lost > reported || reported > found.lost + unknown)) {
    failures.push(`${found.lost} acknowledged writes were lost, the services reported ${reported}`);
  }
  const { doubled, wrongScores, misranked } = found;
  const differences = doubled + wrongScores + misranked + (lossAllowed ? 0 : found.lost + found.violations);
  return differences > 0 ? [...failures, ...found.details] : failures;
}
