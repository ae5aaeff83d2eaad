import type { LiveFrame } from '@leaderboard/shared/contracts/live';
import type { FastifyRequest } from 'fastify';
import { redeliveryOf } from '../policies.js';
import { upstreamHeaders } from '../proxy/request-headers.js';
import type { Outcome, ServiceClient } from '../upstream/service-client.js';

type ScoreFrame = Extract<LiveFrame, { kind: 'score' }>;

const paths = { score: '/score', add: '/score/add', update: '/score/update' } as const;

/**
 * Makes the HTTP call that a score frame stands for. What the body means, and whether it may be, the service says.
 * @param request the upgrade, for whom the client is
 * @param requestId of this frame
 */
export function postScore(
  service: ServiceClient,
  request: FastifyRequest,
  requestId: string,
  token: string,
  { score }: ScoreFrame,
): Promise<Outcome> {
  const {
    action = 'score',
    idempotency_key: key,
    ...fields
  } = score as ScoreFrame['score'] & { score?: unknown };
  const { score: value, ...others } = fields;
  const body = JSON.stringify(action === 'add' ? { delta: value, ...others } : fields);
  const headers = {
    ...request.headers,
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-encoding': undefined,
    'idempotency-key': key,
  };
  return service.send({
    method: 'POST',
    path: paths[action],
    headers: upstreamHeaders(headers, requestId, request.ip),
    body: Buffer.from(body),
    redelivery: redeliveryOf({ redelivery: 'keyed' }, 'POST', key),
  });
}
