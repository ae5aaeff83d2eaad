import { startDisposableRedis } from '@leaderboard/local/disposable-redis';
import { until } from '../../testing/until.js';
import { drained } from '../checker.js';
import type { Fault, FaultContext } from '../fault.js';
import { sendRedis } from '../redis-commands.js';
import type { Rig } from '../rig.js';

const addressOf = (url: string) => ({ host: new URL(url).hostname, port: Number(new URL(url).port) });

async function follow(replicaUrl: string, masterUrl: string): Promise<void> {
  const { host, port } = addressOf(masterUrl);
  await sendRedis(replicaUrl, 'REPLICAOF', host, String(port));
  await until('the replica has caught up', async () =>
    /master_link_status:up/.test(String(await sendRedis(replicaUrl, 'INFO', 'replication'))),
  );
}

const promote = (url: string) => sendRedis(url, 'REPLICAOF', 'NO', 'ONE');

/** With nobody there to recover it, a master of an older epoch must refuse every write. */
async function mustBeFenced({ rig, workload }: FaultContext): Promise<void> {
  const workers = rig.stack.byRole('worker');
  for (const worker of workers) await worker.stop();
  rig.redisProxy.retarget(addressOf(rig.redis.url));
  const from = workload.writes.length;
  const answered = () => workload.writes.slice(from).filter(({ outcome }) => outcome !== undefined);
  await until(
    'the old master refuses',
    () => answered().filter(({ answer }) => answer === '503 shard_rebuilding').length >= 100,
  );
  const taken = answered().filter(
    (write) => write.outcome === 'acknowledged' && write.sentAtMs > (workload.writes[from]?.sentAtMs ?? 0),
  );
  for (const worker of workers) await worker.restart();
  if (taken.length > 0) throw new Error(`the old master took ${taken.length} writes`);
}

/** A service that has read all shards from the promoted replica knows its epochs. */
async function everyServiceKnows({ stack }: Rig): Promise<void> {
  for (const { spec } of stack.byRole('service')) {
    await until(`${spec.name} knows the new epochs`, async () => (await fetch(`${spec.url}/top?limit=1`)).ok);
  }
}

export const replicaFaults: Fault[] = [
  {
    name: 'replica promoted, the old master comes back',
    mayLose: 'counted',
    slow: true,
    async inject(context) {
      const { rig, workload } = context;
      const replica = await startDisposableRedis(rig.path);
      try {
        await follow(replica.url, rig.redis.url);
        rig.redis.process.kill('SIGSTOP');
        await promote(replica.url);
        rig.redisProxy.retarget(addressOf(replica.url));
        const enough = workload.count('acknowledged') + 100;
        await until('the promoted replica takes writes', () => workload.count('acknowledged') >= enough);
        await everyServiceKnows(rig);
        rig.redis.process.kill('SIGCONT');
        await mustBeFenced(context);
        rig.redisProxy.retarget(addressOf(replica.url));

        // Back to the first server, for the rounds that follow.
        await workload.stop();
        await workload.settle();
        await drained(rig.stack);
        await follow(rig.redis.url, replica.url);
        await promote(rig.redis.url);
        rig.redisProxy.retarget(addressOf(rig.redis.url));
        workload.start();
      } finally {
        rig.redis.process.kill('SIGCONT');
        rig.redisProxy.retarget(addressOf(rig.redis.url));
        await replica.remove();
      }
    },
  },
];
