import { createClient } from 'redis';
import { drained, queues } from '../checker.js';
import type { Fault, FaultContext } from '../fault.js';

/** Things that no service of ours would push. */
const poison = [
  '{"event_id":',
  '[]',
  JSON.stringify({
    event_id: 'p1',
    version: 1,
    game: 'default',
    user_id: 'poison',
    name: 'a\u0000b',
    region: 'EU',
    op: 'set',
    value: 1,
    score: 1,
    achieved_at: 1,
    timestamp: 1,
  }),
  JSON.stringify({
    event_id: 'p2',
    version: 1,
    game: 'default',
    user_id: 'poison',
    name: 'x',
    region: 'EU',
    op: 'set',
    value: 1,
    score: 2 ** 70,
    achieved_at: 1,
    timestamp: 1,
  }),
];

async function deadLetters({ rig }: FaultContext): Promise<number> {
  return (await queues(rig.stack)).reduce((sum, { dead }) => sum + dead, 0);
}

export const inputFaults: Fault[] = [
  {
    name: 'poison in the queue',
    mayLose: 'nothing',
    async inject(context) {
      const before = await deadLetters(context);
      const client = createClient({ url: context.rig.redis.url });
      await client.connect();
      for (const item of poison) await client.lPush('queue:scores:{EU}', item);
      client.destroy();
      await context.workload.stop();
      await drained(context.rig.stack);
      const dead = (await deadLetters(context)) - before;
      context.workload.start();
      if (dead !== poison.length) throw new Error(`${dead} dead letters of ${poison.length} poisoned items`);
    },
  },
];
