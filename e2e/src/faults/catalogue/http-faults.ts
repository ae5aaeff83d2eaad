import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../testing/until.js';
import type { Fault, FaultContext } from '../fault.js';
import { killed } from '../processes.js';
import type { Write } from '../workload.js';

const failedSince = ({ workload }: FaultContext, fromMs: number): Write[] =>
  workload.writes.filter(
    (write) => write.sentAtMs >= fromMs && write.outcome !== undefined && write.outcome !== 'acknowledged',
  );

function expectFewFailures(context: FaultContext, fromMs: number, share: number): void {
  const sent = context.workload.writes.filter((write) => write.sentAtMs >= fromMs).length;
  const failed = failedSince(context, fromMs);
  if (sent < 50) throw new Error(`only ${sent} writes were sent meanwhile`);
  if (failed.length > sent * share) {
    throw new Error(`${failed.length} of ${sent} writes failed, the first with ${failed[0]?.answer}`);
  }
}

/** Whether no gateway sends anything to this service. */
async function ejected({ rig }: FaultContext, serviceUrl: string): Promise<boolean> {
  for (const gateway of rig.stack.byRole('gateway')) {
    const answer = await fetch(`${gateway.spec.url}/health`);
    const { upstreams } = (await answer.json()) as { upstreams: { url: string; status: string }[] };
    if (upstreams.find(({ url }) => url === serviceUrl)?.status === 'up') return false;
  }
  return true;
}

/** Reads through NGINX while something happens: not one may fail. */
async function readingThroughout(context: FaultContext, act: () => Promise<void>): Promise<void> {
  let running = true;
  const failures: string[] = [];
  const reader = (async () => {
    while (running) {
      try {
        const answer = await fetch(`${context.rig.stack.url}/top?limit=5`);
        const text = await answer.text();
        if (answer.status !== 200) failures.push(`${answer.status} ${text}`);
      } catch (error) {
        failures.push(String(error));
      }
    }
  })();
  try {
    await act();
  } finally {
    running = false;
    await reader;
  }
  if (failures.length > 0) throw new Error(`${failures.length} reads failed, the first with ${failures[0]}`);
}

export const httpFaults: Fault[] = [
  {
    name: 'leaderboard-service killed, 1 of 3',
    mayLose: 'nothing',
    async inject(context) {
      const fromMs = performance.now();
      await killed(context.random.pick(context.rig.stack.byRole('service')));
      await sleep(2_000);
      expectFewFailures(context, fromMs, 0.01);
    },
  },
  {
    name: 'leaderboard-service frozen for 20 s, 1 of 3',
    mayLose: 'nothing',
    slow: true,
    async inject(context) {
      const service = context.random.pick(context.rig.stack.byRole('service'));
      service.kill('SIGSTOP');
      await until('both gateways have ejected it', () => ejected(context, service.spec.url), {
        withinMs: 3_000,
      });
      const ejectedAtMs = performance.now();
      await sleep(17_000);
      service.kill('SIGCONT');
      expectFewFailures(context, ejectedAtMs, 0);
    },
  },
  {
    name: 'clock of one leaderboard-service 1 h ahead',
    mayLose: 'nothing',
    async inject({ random, rig, workload }) {
      const service = random.pick(rig.stack.byRole('service'));
      const preload = new URL('../clock-offset.js', import.meta.url).href.replace('/src/', '/dist/');
      Object.assign(service.spec.env, { NODE_OPTIONS: `--import=${preload}`, CLOCK_OFFSET_MS: '3600000' });
      await service.restart();
      const serves = async () => (await fetch(`${service.spec.url}/health/ready`)).ok;
      await until('it serves with its wrong clock', serves);
      const enough = workload.count('acknowledged') + 200;
      await until('it has served', () => workload.count('acknowledged') >= enough);
      delete service.spec.env.NODE_OPTIONS;
      delete service.spec.env.CLOCK_OFFSET_MS;
      await service.restart();
      await until('it serves with the right clock', serves);
    },
  },
  {
    name: 'gateway killed, 1 of 2',
    mayLose: 'nothing',
    inject: (context) =>
      readingThroughout(context, async () => {
        await killed(context.random.pick(context.rig.stack.byRole('gateway')));
        await sleep(1_000);
      }),
  },
  {
    name: 'rolling restart of everything',
    mayLose: 'nothing',
    slow: true,
    async inject(context) {
      const { stack } = context.rig;
      const fromMs = performance.now();
      await readingThroughout(context, async () => {
        for (const process of [
          ...stack.byRole('worker'),
          ...stack.byRole('service'),
          ...stack.byRole('gateway'),
        ]) {
          await process.restart();
          await until(
            `${process.name} is ready`,
            async () => (await fetch(`${process.spec.url}/health/ready`)).ok,
          );
        }
      });
      expectFewFailures(context, fromMs, 0);
    },
  },
];
