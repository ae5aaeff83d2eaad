import { ExportAnswer, HistoryAnswer, HistoryQuery } from '../../contracts/history.js';
import { UserParams } from '../../contracts/rankings.js';
import type { OperationGroup } from '../operation.js';

export const history: OperationGroup = {
  name: 'History',
  description: 'What Postgres keeps of a user, as soon as it is committed.',
  operations: [
    {
      route: 'GET /users/:userId/history',
      id: 'getHistory',
      summary: "Read a user's accepted events, newest first",
      description: 'For the user itself, `server` and `admin` tokens.',
      token: 'any',
      problems: ['invalid_cursor', 'forbidden', 'unknown_user'],
      servedBy: 'worker',
      schema: { params: UserParams, querystring: HistoryQuery, response: { 200: HistoryAnswer } },
    },
    {
      route: 'GET /users/:userId/export',
      id: 'exportUser',
      summary: 'Read everything that is kept of a user',
      description: 'For the user itself, and `admin` tokens.',
      token: 'any',
      problems: ['forbidden', 'unknown_user'],
      servedBy: 'worker',
      schema: { params: UserParams, response: { 200: ExportAnswer } },
    },
  ],
};
