import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { Ajv } from 'ajv';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  LogController,
  type RawServerDefault,
} from 'fastify';
import type { Registry } from 'prom-client';
import type { Logger } from '../logger.js';
import { acceptTrace } from '../tracing/trace-context.js';
import type { Tracing } from '../tracing/tracing.js';
import { answerClientError } from './client-errors.js';
import { type ReadinessCheck, registerHealth } from './health.js';
import { registerJsonBody } from './json-body.js';
import { registerMetrics } from './metrics.js';
import { registerProblemHandler, sendProblem } from './problem-handler.js';
import { Problem } from './problems.js';
import { requestIdHeader, requestIdOf } from './request-id.js';
import { registerServedRoutes } from './served-routes.js';
import { withoutToken } from './urls.js';

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export interface AppOptions {
  logger: Logger;
  metrics: Registry;
  notReady: ReadinessCheck;
  /** Whose `X-Forwarded-For` is believed; without it the socket's address counts. */
  isTrustedProxy?: (address: string) => boolean;
  /** Of the line about each request: who faces clients says `info`; behind it, it would only be said again. */
  requestLogLevel?: 'info' | 'debug';
  /** What a process adds to the log line of each request. */
  logFields?: (request: FastifyRequest) => Record<string, unknown>;
  /** Undefined: no spans; a trace that a client began is passed on and logged all the same. */
  tracing?: Tracing | undefined;
}

/** Bodies over this are 413; the bulk route sets its own limit. */
const bodyLimitBytes = 16 * 1024;
/** From the first byte of a request to its last. */
const requestTimeoutMs = 10_000;
/** Longer than NGINX keeps an idle upstream connection, so that it is never us who close under a request. */
const keepAliveTimeoutMs = 75_000;

/** The HTTP side that all processes share: strict validation, problem+json, request ids, one log line, metrics, health. */
export function createApp(options: AppOptions): App {
  const {
    logger,
    metrics,
    notReady,
    isTrustedProxy = false,
    requestLogLevel = 'debug',
    logFields,
    tracing,
  } = options;
  const app = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: requestIdOf,
    // The first that is called for a request: whatever is logged for it names its trace.
    childLoggerFactory: (parent, bindings, childOptions, raw) => {
      tracing?.begin(raw);
      const trace = acceptTrace(raw.headers);
      return parent.child(trace ? { ...bindings, trace_id: trace.traceId } : bindings, childOptions);
    },
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    trustProxy: isTrustedProxy,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      reply.header(requestIdHeader, request.id);
      void sendProblem(reply, request, new Problem('invalid_request', error.message));
    },
  }).withTypeProvider<TypeBoxTypeProvider>();

  const common = { allErrors: false, removeAdditional: false, useDefaults: true, strict: false } as const;
  const bodies = new Ajv({ ...common, coerceTypes: false });
  const strings = new Ajv({ ...common, coerceTypes: true });
  app.setValidatorCompiler(({ schema, httpPart }) =>
    (httpPart === 'body' ? bodies : strings).compile(schema as object),
  );

  app.addHook('onRequest', (request, reply, done) => {
    reply.header(requestIdHeader, request.id);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    tracing?.end(request, reply);
    if (!logger.isLevelEnabled(requestLogLevel)) return done();
    request.log[requestLogLevel](
      {
        method: request.method,
        url: withoutToken(request.url),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 100) / 100,
        ip: request.ip,
        ...logFields?.(request),
      },
      'request',
    );
    done();
  });

  registerServedRoutes(app);
  registerProblemHandler(app);
  registerJsonBody(app);
  registerHealth(app, notReady);
  registerMetrics(app, metrics);
  return app;
}
