import { createMetrics } from '@leaderboard/shared/http/metrics';
import type { ProblemCode } from '@leaderboard/shared/http/problems';
import type { Operation } from '@leaderboard/shared/scripting/write-scores';
import { Counter, type Registry } from 'prom-client';

export interface ServiceMetrics {
  readonly registry: Registry;
  readonly writes: Counter<'operator' | 'outcome'>;
  readonly lostWrites: Counter<'shard'>;
}

const operators: Operation[] = ['best', 'set', 'incr', 'create', 'remove'];
/** Shown as 0 before they happen, because rates and alerts need a beginning. */
const watchedOutcomes: ('applied' | ProblemCode)[] = [
  'applied',
  'user_rate_limited',
  'region_rate_limited',
  'queue_full',
];

/** @param shardTags of the whole platform */
export function createServiceMetrics(shardTags: readonly string[]): ServiceMetrics {
  const registry = createMetrics('leaderboard-service');
  const registers = [registry];
  const writes = new Counter({
    name: 'score_writes_total',
    help: 'Score writes by operation and outcome: applied, replayed, exists, or the code of the refusal',
    labelNames: ['operator', 'outcome'],
    registers,
  });
  const lostWrites = new Counter({
    name: 'acknowledged_writes_lost_total',
    help: 'Writes that this instance had acknowledged and that a recovery of their shard did not find',
    labelNames: ['shard'],
    registers,
  });
  for (const operator of operators)
    for (const outcome of watchedOutcomes) writes.inc({ operator, outcome }, 0);
  for (const shard of shardTags) lostWrites.inc({ shard }, 0);
  return { registry, writes, lostWrites };
}
