import { SupervisedProcess } from '@leaderboard/local/child-process';
import { nodeService, nodeServices, whyNotReady } from '@leaderboard/local/node-services';
import { PortReservations } from '@leaderboard/local/ports';
import { noProgress } from '@leaderboard/local/progress';
import type { Bench } from '../bench.js';
import { Closers } from '../closers.js';

export interface SingleGateway {
  readonly url: string;
  close(): Promise<void>;
}

const name = 'gateway-single';
const readyWithinMs = 30_000;

/** One more gateway beside those of the platform, which sends every request by itself. */
export async function startSingleGateway({ platform, emergencyStops }: Bench): Promise<SingleGateway> {
  const closers = new Closers();
  try {
    const ports = new PortReservations();
    closers.add(() => ports.release());
    const [gateway] = platform.stack.byRole('gateway');
    if (!gateway) throw new Error('the stack has no gateway');
    const spec = nodeService({
      role: 'gateway',
      name,
      instance: name,
      port: await ports.reserveFrom(nodeServices.gateway.basePort),
      env: { ...gateway.spec.env, UPSTREAM_BATCHES: 'false' },
      logFile: `${gateway.spec.logFile}-single`,
    });
    const child = new SupervisedProcess(spec, () => {});
    const stopNow = () => child.stopNow();
    emergencyStops.add(stopNow);
    closers.add(() => emergencyStops.delete(stopNow));
    closers.add(() => child.stop());
    child.start();
    await child.until(() => whyNotReady(spec.url), readyWithinMs, noProgress);
    child.confirm();
    return { url: spec.url, close: () => closers.close() };
  } catch (error) {
    await closers.close();
    throw error;
  }
}
