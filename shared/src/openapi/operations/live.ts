import { Type } from 'typebox';
import { LiveQuery } from '../../contracts/live.js';
import type { OperationGroup } from '../operation.js';

const event = [
  'event: snapshot',
  'id: 5S0cGXcAPuSgUYF3',
  'data: {"region":"ASIA","game":"default","window":"all","total":0,"rows":[]}',
];

export const live: OperationGroup = {
  name: 'Live boards',
  description:
    'Boards that are told when they change. The events and frames are described in docs/live.md of the repository.',
  operations: [
    {
      route: 'GET /live',
      id: 'watchBoard',
      summary: 'Watch a board, as Server-Sent Events',
      description:
        'A `snapshot` at once, then at most one every 500 ms and only when rows or total changed. With `user_id` also `self` and `passed`. Send `Last-Event-ID` to be spared a snapshot that you have.',
      token: 'reads',
      servedBy: 'gateway',
      problems: ['unknown_region', 'unknown_window', 'unknown_game', 'ip_rate_limited', 'live_busy'],
      schema: {
        querystring: LiveQuery,
        response: {
          200: {
            description: 'Events, until one side closes',
            content: { 'text/event-stream': { schema: Type.String(), example: `${event.join('\n')}\n\n` } },
          },
        },
      },
    },
    {
      route: 'GET /live/ws',
      id: 'openSocket',
      summary: 'Watch boards and post scores over a WebSocket',
      description:
        'JSON text frames: `subscribe`, `unsubscribe`, `auth` and `score`; whatever is refused is answered by a `problem` frame with the same codes as over HTTP.',
      token: 'none',
      servedBy: 'gateway',
      problems: ['invalid_request', 'ip_rate_limited', 'live_busy'],
      schema: { response: { 101: Type.Null({ description: 'A WebSocket from here on' }) } },
    },
  ],
};
