import { type AnswerCheck, checkAround, checkRanks, checkTop } from '../checks/answers.js';
import { checkExactRanks } from '../checks/exact-ranks.js';
import { echoSide, platformSide } from './http-load.js';
import { type Requests, requests } from './requests.js';
import type { Target, Workload } from './workload.js';

export const reads: readonly Workload[] = [
  read(
    'GET /rank/:id, home region',
    { atLeast: 0.55, aim: 0.75 },
    requests.rankAtHome,
    checkRanks('home'),
    'home',
  ),
  read(
    'GET /rank/:id, GLOBAL',
    { atLeast: 0.4, aim: 0.65 },
    requests.rankOfAll,
    checkRanks('everyone'),
    'everyone',
  ),
  {
    ...read('GET /top?limit=100', { atLeast: 0.65, aim: 0.9 }, requests.top, checkTop),
    baseline: 'the same bytes from memory',
  },
  read('GET /around/:id?range=10', { atLeast: 0.35, aim: 0.55 }, requests.around, checkAround),
];

function read(
  name: string,
  target: Target,
  kind: Requests,
  check: AnswerCheck,
  ranks?: 'home' | 'everyone',
): Workload {
  return {
    group: 'reads',
    name,
    baseline: 'echo: GET of a small JSON',
    unit: 'requests/s',
    target,
    async prepare(bench) {
      const load = { requests: kind };
      return {
        sides: [platformSide(bench, load, undefined, check), echoSide(bench, load)],
        check: async () => (ranks === undefined ? [] : await checkExactRanks(bench, ranks)),
      };
    },
  };
}
