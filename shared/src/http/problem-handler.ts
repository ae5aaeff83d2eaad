import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ShardClosed } from '../scripting/fenced-scripts.js';
import { RedisOutcomeUnknown, RedisRefused, RedisUnavailable } from '../topology/redis.js';
import { type FieldError, Problem, type ProblemCode, problemBody } from './problems.js';

const retrySoonSeconds = 1;

/** The one mapping from whatever was thrown to an answer. Unknown errors become a 500 that shows nothing. */
export function registerProblemHandler(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = toProblem(error);
    if (problem.status >= 500) request.log.error({ err: error, code: problem.code }, 'request failed');
    return sendProblem(reply, request, problem);
  });

  const methodsAt = collectRoutes(app);
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allow = methodsAt(path).join(', ');
    const problem =
      allow === ''
        ? new Problem('not_found', `There is no ${path} here`)
        : new Problem('method_not_allowed', `Use ${allow}`, { headers: { allow } });
    return sendProblem(reply, request, problem);
  });
}

/** Remembers every route from here on; answers the methods that a path is served with. */
function collectRoutes(app: FastifyInstance): (path: string) => string[] {
  const routes: { method: string; pattern: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    if (url.includes('*')) return;
    const pattern = new RegExp(`^${url.replace(/[.+]/g, '\\$&').replace(/:\w+/g, '[^/]+')}$`);
    for (const each of [method].flat()) routes.push({ method: each, pattern });
  });
  return (path) => [
    ...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
  ];
}

export function sendProblem(reply: FastifyReply, request: FastifyRequest, problem: Problem): FastifyReply {
  if (problem.options.headers) reply.headers(problem.options.headers);
  if (problem.options.retryAfterSeconds !== undefined) {
    reply.header('retry-after', String(Math.max(1, Math.ceil(problem.options.retryAfterSeconds))));
  }
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send(JSON.stringify(problemBody(problem, request.id)));
}

/** What a client is told of whatever was thrown. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof ShardClosed) {
    return new Problem('shard_rebuilding', `${thrown.message}; try again`, {
      retryAfterSeconds: retrySoonSeconds,
    });
  }
  if (thrown instanceof RedisOutcomeUnknown) {
    return new Problem(
      'outcome_unknown',
      'The connection to the store was lost; retry with the same Idempotency-Key',
    );
  }
  if (thrown instanceof RedisUnavailable || thrown instanceof RedisRefused) {
    return new Problem('store_unavailable', 'The store cannot take this now; nothing was applied', {
      retryAfterSeconds: retrySoonSeconds,
    });
  }
  const error = thrown as FastifyError;
  if (error.validation) {
    const context = error.validationContext ?? 'request';
    const errors = error.validation.map((issue): FieldError => {
      const property = issue.params.missingProperty ?? issue.params.additionalProperty;
      const path = property === undefined ? issue.instancePath : `${issue.instancePath}/${String(property)}`;
      return { path: `${context}${path}`, message: issue.message ?? 'is not valid' };
    });
    return new Problem(
      'invalid_request',
      errors.map((issue) => `${issue.path} ${issue.message}`).join('; '),
      { errors },
    );
  }
  const known = frameworkErrors[error.code];
  if (known) return new Problem(known, error.message);
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new Problem(codeOfStatus[error.statusCode] ?? 'invalid_request', error.message);
  }
  return new Problem('internal_error', 'It was logged under this request id');
}

const frameworkErrors: Record<string, ProblemCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_body',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_body',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_body',
  FST_ERR_BAD_URL: 'invalid_request',
};

const codeOfStatus: Record<number, ProblemCode> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  413: 'payload_too_large',
  414: 'uri_too_long',
  415: 'unsupported_media_type',
};
