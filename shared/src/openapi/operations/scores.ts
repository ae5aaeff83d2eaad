import { Type } from 'typebox';
import { BulkEvent, bulkMaxEvents } from '../../contracts/bulk.js';
import type { Operation, OperationGroup } from '../operation.js';

const writeProblems = [
  'unknown_region',
  'unknown_game',
  'forbidden',
  'region_mismatch',
  'user_erased',
  'score_out_of_range',
  'idempotency_mismatch',
  'user_rate_limited',
  'region_rate_limited',
  'queue_full',
] as const satisfies Operation['problems'];

const event = { user_id: 'alice', score: 1500, region: 'EU', event_id: 'match-17:alice' };

export const scores: OperationGroup = {
  name: 'Scores',
  description:
    'Writing scores. A player writes its own; a `server` token names any user. An `Idempotency-Key` makes a retry safe.',
  operations: [
    {
      route: 'POST /score',
      id: 'postScore',
      summary: "Post a score by the game's operator: keep the best, set, or add",
      token: 'any',
      problems: writeProblems,
    },
    {
      route: 'POST /score/create',
      id: 'createScore',
      summary: 'Make an entry where there is none',
      description: '201 with the new entry, or 200 with `created: false` and the entry as it is.',
      token: 'any',
      problems: writeProblems,
    },
    {
      route: 'POST /score/update',
      id: 'updateScore',
      summary: 'Set a score, up or down',
      token: 'any',
      problems: writeProblems,
    },
    {
      route: 'POST /score/add',
      id: 'addScore',
      summary: 'Add to a score, atomically',
      token: 'any',
      problems: writeProblems,
    },
    {
      route: 'POST /scores',
      id: 'postScores',
      summary: 'Post many events at once, for game servers',
      description:
        'Results come in the order of the events; one bad event does not sink the others. Each event has either `score` or `delta`.',
      token: 'server',
      schema: {
        body: {
          description: `1–${bulkMaxEvents} events, as one JSON object or one event a line`,
          content: {
            'application/json': {
              schema: Type.Object(
                { events: Type.Array(BulkEvent, { minItems: 1, maxItems: bulkMaxEvents }) },
                { additionalProperties: false, examples: [{ events: [event] }] },
              ),
            },
            'application/x-ndjson': {
              schema: Type.String({ examples: [`${JSON.stringify(event)}\n`] }),
            },
          },
        },
      },
    },
    {
      route: 'DELETE /score/:userId',
      id: 'deleteScore',
      summary: 'Remove one entry, for moderation',
      description: 'The account and the history stay.',
      token: 'admin',
      problems: ['unknown_game', 'unknown_user', 'not_ranked', 'region_rate_limited', 'queue_full'],
    },
  ],
};
