import type { Redelivery } from './upstream/call.js';

/** What the gateway itself enforces for a route. Whatever is not in the table is the service's to judge. */
export interface Policy {
  methods: readonly string[];
  path: string;
  token: TokenRule;
  /** Counted against `AUTH_REQUESTS_PER_MINUTE` too. */
  limitedAsAuth?: true;
  bodyLimitBytes?: number;
  /** Who answers: the leaderboard-services, unless it is what only the workers know. */
  upstream?: 'worker';
  /** What a second delivery does; without one it is harmless for reads and harmful for the rest. */
  redelivery?: 'harmless' | 'keyed';
  /** It is small and answered soon: it may travel with others (upstream/batch-lane.ts). */
  batched?: true;
  /** The answer is the same for everybody: it may be kept for a moment (proxy/answer-cache.ts). */
  cached?: true;
}

/**
 * `required`: 401 without a token, before a service is bothered. `reads`: so with `READS_REQUIRE_TOKEN`.
 * A token that is sent must be valid everywhere.
 */
export type TokenRule = 'required' | 'reads' | 'optional';

const bulkLimitBytes = 1024 * 1024;
const get = ['GET', 'HEAD'];
const post = ['POST'];

export const policies: readonly Policy[] = [
  { methods: post, path: '/auth/login', token: 'optional', limitedAsAuth: true, redelivery: 'harmless' },
  { methods: post, path: '/auth/*', token: 'optional', limitedAsAuth: true },
  { methods: get, path: '/auth/me', token: 'required' },

  { methods: post, path: '/score', token: 'required', redelivery: 'keyed', batched: true },
  { methods: post, path: '/score/create', token: 'required', redelivery: 'keyed', batched: true },
  { methods: post, path: '/score/update', token: 'required', redelivery: 'keyed', batched: true },
  { methods: post, path: '/score/add', token: 'required', redelivery: 'keyed', batched: true },
  { methods: ['DELETE'], path: '/score/:userId', token: 'required' },
  { methods: post, path: '/scores', token: 'required', bodyLimitBytes: bulkLimitBytes },

  { methods: get, path: '/top', token: 'reads', batched: true, cached: true },
  { methods: get, path: '/rank/:userId', token: 'reads', batched: true },
  { methods: get, path: '/around/:userId', token: 'reads', batched: true },
  { methods: get, path: '/ranks', token: 'reads', batched: true },
  { methods: get, path: '/score-at', token: 'reads', batched: true },
  { methods: get, path: '/around-score', token: 'reads', batched: true },
  { methods: get, path: '/regions', token: 'reads' },
  { methods: get, path: '/games', token: 'reads' },
  { methods: get, path: '/games/:game', token: 'reads' },

  { methods: ['PUT'], path: '/games/:game', token: 'required' },
  { methods: get, path: '/users/:userId/history', token: 'required', upstream: 'worker' },
  { methods: get, path: '/users/:userId/export', token: 'required', upstream: 'worker' },
  { methods: get, path: '/webhooks', token: 'required', upstream: 'worker' },
  { methods: get, path: '/webhooks/:id', token: 'required', upstream: 'worker' },
  {
    methods: ['PUT', 'DELETE'],
    path: '/webhooks/:id',
    token: 'required',
    upstream: 'worker',
  },
  { methods: ['DELETE'], path: '/users/:userId', token: 'required' },
  { methods: ['PUT'], path: '/users/:userId/hidden', token: 'required' },
];

/** For every other path and method: the service knows whether it exists, and answers 404 or 405. */
export const otherwise: Omit<Policy, 'methods' | 'path'> = { token: 'optional' };

const reading = new Set(['GET', 'HEAD', 'OPTIONS']);

/** @param key the `Idempotency-Key` of the request */
export function redeliveryOf(
  policy: Pick<Policy, 'redelivery'>,
  method: string,
  key: string | undefined,
): Redelivery {
  if (reading.has(method) || policy.redelivery === 'harmless') return 'harmless';
  return policy.redelivery === 'keyed' && key !== undefined && key !== '' ? 'keyed' : 'harmful';
}
