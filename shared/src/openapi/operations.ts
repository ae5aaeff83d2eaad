import type { OperationGroup } from './operation.js';
import { accounts } from './operations/accounts.js';
import { games } from './operations/games.js';
import { history } from './operations/history.js';
import { live } from './operations/live.js';
import { operations } from './operations/operations.js';
import { rankings } from './operations/rankings.js';
import { scores } from './operations/scores.js';
import { webhooks } from './operations/webhooks.js';

/** The whole public API, in the order in which the reference shows it. */
export const operationGroups: readonly OperationGroup[] = [
  accounts,
  scores,
  rankings,
  live,
  games,
  history,
  webhooks,
  operations,
];

/** The routes of one kind of process, in the order of their names. */
export function routesServedBy(process: 'service' | 'gateway' | 'worker'): string[] {
  return operationGroups
    .flatMap((group) => group.operations)
    .filter(({ servedBy = 'service' }) => servedBy === process || servedBy === 'every process')
    .map(({ route }) => route)
    .sort();
}
