import type { App } from '@leaderboard/shared/http/app';
import type { Authenticator } from '@leaderboard/shared/http/auth';
import { internalPrefix } from '@leaderboard/shared/http/batch-frame';
import { sendProblem } from '@leaderboard/shared/http/problem-handler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { authenticate } from '../plugins/authenticate.js';
import type { IpLimits } from '../plugins/ip-limits.js';
import { otherwise, type Policy, policies, redeliveryOf } from '../policies.js';
import type { Call } from '../upstream/call.js';
import type { ServiceClient } from '../upstream/service-client.js';
import type { AnswerCache } from './answer-cache.js';
import { upstreamHeaders } from './request-headers.js';
import { clientHeaders } from './response-headers.js';
import { upstreamHeader } from './upstream-header.js';

export interface ProxyOptions {
  auth: Authenticator;
  limits: IpLimits;
  clients: Readonly<Record<'service' | 'worker', ServiceClient>>;
  /** Undefined: nothing is kept. */
  cache: AnswerCache | undefined;
  readsRequireToken: boolean;
}

/**
 * The public API, handed on as it is: client → limits → token → any fit service, or worker. Bodies stay bytes; what
 * they mean, and whether a path exists, the service says.
 */
export function proxy(app: App, options: ProxyOptions, done: () => void): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));

  const register = (methods: string[], path: string, policy: typeof otherwise) => {
    app.route({
      method: methods,
      url: path,
      ...(policy.bodyLimitBytes !== undefined && { bodyLimit: policy.bodyLimitBytes }),
      exposeHeadRoute: false,
      onRequest: [
        ...options.limits.hooks(policy.limitedAsAuth === true),
        authenticate(options.auth, policy.token, options.readsRequireToken),
      ],
      handler: (request, reply) =>
        forward(
          options.clients[policy.upstream ?? 'service'],
          policy,
          policy.cached ? options.cache : undefined,
          request,
          reply,
        ),
    });
  };
  for (const policy of policies) register([...policy.methods], policy.path, policy);
  // Other methods of a worker's path are refused by the worker, which knows what it serves there.
  for (const path of new Set(policies.filter(isWorkers).map((policy) => policy.path))) {
    const served = policies.filter((policy) => policy.path === path).flatMap(({ methods }) => methods);
    const others = app.supportedMethods.filter((method) => !served.includes(method));
    register(others, path, { ...otherwise, upstream: 'worker' });
  }
  register(app.supportedMethods, '/*', otherwise);
  // What is between us and the services is not for clients.
  app.all(`${internalPrefix}*`, (_request, reply) => reply.callNotFound());
  done();
}

const isWorkers = ({ upstream }: Policy) => upstream === 'worker';

async function forward(
  client: ServiceClient,
  policy: Pick<Policy, 'redelivery' | 'batched'>,
  cache: AnswerCache | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { method, headers, raw } = request;
  const call: Call = {
    method,
    path: raw.url ?? '/',
    headers: upstreamHeaders(headers, request.id, request.ip),
    body: request.body as Buffer | undefined,
    redelivery: redeliveryOf(policy, method, headers['idempotency-key'] as string | undefined),
    // The answer to HEAD has a length without a body.
    batched: policy.batched === true && method !== 'HEAD',
  };
  const mayKeep = cache && method === 'GET' && headers['cache-control'] !== 'no-cache';
  const outcome = await (mayKeep ? cache.get(call.path, () => client.send(call)) : client.send(call));

  request.upstream = outcome.upstream;
  if (outcome.upstream !== undefined) reply.header(upstreamHeader, outcome.upstream);
  if ('problem' in outcome) return sendProblem(reply, request, outcome.problem);
  const { answer } = outcome;
  reply.code(answer.status).headers(clientHeaders(answer.headers, method));
  return reply.send(answer.body.length > 0 ? answer.body : undefined);
}
