import type { Operation, OperationGroup } from '../operation.js';

const boardProblems = [
  'unknown_region',
  'unknown_window',
  'unknown_game',
  'shard_unavailable',
] as const satisfies Operation['problems'];

export const rankings: OperationGroup = {
  name: 'Rankings',
  description:
    '`region=GLOBAL` is everyone, whatever their home. Open to all, unless the platform runs with `READS_REQUIRE_TOKEN`.',
  operations: [
    {
      route: 'GET /top',
      id: 'getTop',
      summary: 'Read the best of a board, page by page',
      token: 'reads',
      problems: [...boardProblems, 'invalid_cursor'],
    },
    {
      route: 'GET /rank/:userId',
      id: 'getRank',
      summary: "Read a user's rank",
      token: 'reads',
      problems: [...boardProblems, 'not_ranked'],
    },
    {
      route: 'GET /around/:userId',
      id: 'getAround',
      summary: 'Read who stands around a user',
      token: 'reads',
      problems: [...boardProblems, 'not_ranked'],
    },
    {
      route: 'GET /ranks',
      id: 'getRanks',
      summary: 'Read the ranks of up to 200 users, such as friends',
      token: 'reads',
      problems: boardProblems,
    },
    {
      route: 'GET /score-at',
      id: 'getScoreAt',
      summary: 'Read the score needed for the top percents',
      token: 'reads',
      problems: [...boardProblems, 'not_ranked'],
    },
    {
      route: 'GET /around-score',
      id: 'getAroundScore',
      summary: 'Read where a score would stand, and who stands around it',
      token: 'reads',
      problems: boardProblems,
    },
  ],
};
