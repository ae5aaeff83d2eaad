import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault.js';
import { killed, killedAt } from '../processes.js';

const failpoints = ['after-claim', 'inside-transaction', 'after-commit', 'after-ack'] as const;

const killedAtFailpoint = failpoints.map(
  (failpoint): Fault => ({
    name: `worker killed ${failpoint.replace('-', ' ')}`,
    mayLose: 'nothing',
    inject: ({ rig, random }) => killedAt(random.pick(rig.stack.byRole('worker')), failpoint),
  }),
);

const killedAtRandom: Fault = {
  name: 'worker killed at random',
  mayLose: 'nothing',
  async inject({ rig, random }) {
    for (let times = 0; times < 3; times += 1) {
      await sleep(random.integer(0, 300));
      await killed(random.pick(rig.stack.byRole('worker')));
    }
  },
};

const frozen: Fault = {
  name: 'worker frozen past its lease',
  mayLose: 'nothing',
  async inject({ rig, random }) {
    const worker = random.pick(rig.stack.byRole('worker'));
    worker.kill('SIGSTOP');
    // The rig's lease is 3 s: by now its work was taken over.
    await sleep(5_000);
    worker.kill('SIGCONT');
  },
};

export const workerFaults: Fault[] = [...killedAtFailpoint, killedAtRandom, frozen];
