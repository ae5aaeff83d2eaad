import { BulkAnswer } from '@leaderboard/shared/contracts/bulk';
import { Value } from 'typebox/value';
import type { Bench } from '../bench.js';
import type { AnswersChecked } from '../checks/answers.js';
import { WriteLedger } from '../checks/write-ledger.js';
import { type DirectWrite, writeDirectly } from '../load/direct-writes.js';
import { cpuPer, readCpu } from '../measure/cpu.js';
import { checkers } from '../options.js';
import { serverToken } from '../population/players.js';
import { platformSide } from './http-load.js';
import { eventsPerCall, requests } from './requests.js';
import type { Sample, Workload } from './workload.js';

/** A round's writes are so many for each of its seconds. */
const directWritesPerSecond = 50_000;

/** Events of a game server, many a call: all accepted ones are in Postgres in the end. */
export const bulk: Workload = {
  group: 'bulk',
  name: `POST /scores, ${eventsPerCall} a call`,
  baseline: 'the same script called directly, batches of 100, pipelined',
  unit: 'events/s',
  target: { atLeast: 0.6, aim: 0.9 },
  async prepare(bench) {
    const ledger = await WriteLedger.open(bench, eventsPerCall);
    return {
      sides: [
        platformSide(bench, { requests: requests.bulk }, ledger, checkBulk),
        { name: 'script', round: () => callDirectly(bench, ledger) },
      ],
      check: () => ledger.check(),
    };
  },
};

/** As the load draws them: players only, each write one better than the player's last. */
async function callDirectly(bench: Bench, ledger: WriteLedger): Promise<Sample> {
  const { platform, population, options, offsets, signal } = bench;
  const count = options.seconds * directWritesPerSecond;
  const offset = offsets.take(Math.ceil(count / options.players));
  const writes = Array.from({ length: count }, (_, at): DirectWrite => {
    const user = population.shuffled(at % options.players);
    return { user, score: user.firstScore + offset + Math.floor(at / options.players) };
  });
  const before = readCpu(platform.roots());
  const startedAt = performance.now();
  await writeDirectly(platform, writes, { limited: false, signal });
  const seconds = (performance.now() - startedAt) / 1000;
  const queue = await platform.queues.unstored();
  await platform.queues.drained(signal);
  ledger.acknowledged(count);
  const { redis = 0, worker = 0, postgres = 0 } = cpuPer(count, before, readCpu(platform.roots()));
  return { value: count / seconds, figures: { queue_at_end: queue }, cpuUs: { redis, worker, postgres } };
}

/** A call by users of their own, with one event among them that is refused. */
async function checkBulk({ platform, population, options, offsets, signal }: Bench): Promise<AnswersChecked> {
  const offset = offsets.take(1);
  const users = Array.from({ length: checkers }, (_, at) => population.shuffled(options.players + at));
  const events = users.map(({ userId, region, firstScore }) => ({
    user_id: userId,
    region,
    score: firstScore + offset,
  }));
  const response = await fetch(`${platform.stack.url}/scores`, {
    method: 'POST',
    signal,
    headers: {
      authorization: `Bearer ${serverToken(platform.jwtSecret)}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ events: [...events, { user_id: 'nobody', score: 'high' }] }),
  });
  const answer: unknown = await response.json();
  if (!Value.Check(BulkAnswer, answer))
    return { failures: [`POST /scores answered ${response.status}`], acknowledged: 0 };
  const failures = events.flatMap(({ user_id: userId, score }, at) => {
    const result = answer.results[at];
    const right = result?.ok && result.user_id === userId && result.score === score && result.best;
    return right ? [] : [`POST /scores: ${userId} got ${JSON.stringify(result)}`];
  });
  if (answer.results.at(-1)?.ok !== false) failures.push('POST /scores took an event without a score');
  return { failures, acknowledged: answer.results.filter(({ ok }) => ok).length };
}
