import rateLimit from '@fastify/rate-limit';
import type { App } from '@leaderboard/shared/http/app';
import type { Registry } from '@leaderboard/shared/http/metrics';
import { Problem } from '@leaderboard/shared/http/problems';
import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { Counter } from 'prom-client';
import type { AddressList } from '../address-list.js';

export interface IpLimitSettings {
  /** 0 switches a limit off. */
  requestsPerSecond: number;
  authRequestsPerMinute: number;
  exempt: AddressList;
}

export interface IpLimits {
  /** Counts one request of this address. @throws {Problem} ip_rate_limited */
  count(request: FastifyRequest): Promise<void>;
  /** @param asAuth whether the route counts as a login or registration */
  hooks(asAuth: boolean): onRequestHookHandler[];
}

type Count = (request: FastifyRequest) => Promise<void>;

/** How many client addresses are remembered; the least recently seen are forgotten first. */
const addressesKept = 20_000;

/**
 * Limits per client address, in the memory of this gateway. The address is Fastify's `request.ip`: what a
 * client writes into `X-Forwarded-For` counts only behind a trusted proxy. IPv6 clients count by their /64.
 */
export async function createIpLimits(
  app: App,
  settings: IpLimitSettings,
  metrics: Registry,
): Promise<IpLimits> {
  await app.register(rateLimit, { global: false, cache: addressesKept });
  const refused = new Counter({
    name: 'gateway_ip_rate_limited_total',
    help: 'Requests refused because their address sent too many, by limit',
    labelNames: ['limit'] as const,
    registers: [metrics],
  });
  for (const name of ['requests', 'auth']) refused.inc({ limit: name }, 0);

  const limit = (name: string, max: number, windowMs: number): Count[] => {
    if (max === 0) return [];
    const count = app.createRateLimit({ max, timeWindow: windowMs });
    return [
      async (request) => {
        const state = await count(request);
        if (state.isAllowed || !state.isExceeded) return;
        refused.inc({ limit: name });
        throw new Problem(
          'ip_rate_limited',
          `An address may send ${max} requests per ${windowMs / 1000} s here`,
          {
            retryAfterSeconds: state.ttlInSeconds,
          },
        );
      },
    ];
  };

  const all = limit('requests', settings.requestsPerSecond, 1_000);
  const auth = limit('auth', settings.authRequestsPerMinute, 60_000);
  const countAll = async (counts: readonly Count[], request: FastifyRequest) => {
    for (const count of counts) await count(request);
  };
  return {
    async count(request) {
      if (!settings.exempt.has(request.ip)) await countAll(all, request);
    },
    hooks(asAuth) {
      const counts = asAuth ? [...auth, ...all] : all;
      if (counts.length === 0) return [];
      // Without a promise for those who are not counted.
      return [
        (request, _reply, done) => {
          if (settings.exempt.has(request.ip)) done();
          else countAll(counts, request).then(() => done(), done);
        },
      ];
    },
  };
}
