import { createMetrics } from '@leaderboard/shared/http/metrics';
import { Counter, type Registry } from 'prom-client';

export interface ServiceMetrics {
  readonly registry: Registry;
  readonly writes: Counter<'operator' | 'outcome'>;
  readonly lostWrites: Counter<'shard'>;
}

export function createServiceMetrics(): ServiceMetrics {
  const registry = createMetrics('leaderboard-service');
  const registers = [registry];
  return {
    registry,
    writes: new Counter({
      name: 'score_writes_total',
      help: 'Score writes by operation and outcome: applied, replayed, exists, or the code of the refusal',
      labelNames: ['operator', 'outcome'],
      registers,
    }),
    lostWrites: new Counter({
      name: 'acknowledged_writes_lost_total',
      help: 'Writes that this instance had acknowledged and that a recovery of their shard did not find',
      labelNames: ['shard'],
      registers,
    }),
  };
}
