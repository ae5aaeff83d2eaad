import type { IncomingMessage } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import {
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { acceptTrace, formatTraceparent, parseTraceparent, type TraceContext } from './trace-context.js';
import type { Tracing, TracingOptions } from './tracing.js';

/** Asked every second by machines: nobody wants to see them. */
const untraced = /^\/(?:health|metrics)\b/;
const maxLinks = 128;
/** A collector that does not answer holds up nothing, a stop least of all. */
const exportTimeoutMs = 2_000;

/**
 * Sends spans as OTLP/HTTP. Sampling follows the caller's `traceparent`, and for traces that begin here the standard variables
 * `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, which the library reads.
 */
export class OtlpTracing implements Tracing {
  readonly #provider: BasicTracerProvider;
  readonly #tracer: Tracer;
  readonly #spans = new WeakMap<IncomingMessage, Span>();

  constructor({ endpoint, service, instance }: TracingOptions) {
    const exporter = new OTLPTraceExporter({
      url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
      timeoutMillis: exportTimeoutMs,
    });
    this.#provider = new BasicTracerProvider({
      resource: resourceFromAttributes({
        'service.namespace': 'leaderboard',
        'service.name': service,
        'service.instance.id': instance,
      }),
      spanProcessors: [new BatchSpanProcessor(exporter, { scheduledDelayMillis: 1_000 })],
    });
    this.#tracer = this.#provider.getTracer('leaderboard');
  }

  begin(raw: IncomingMessage): void {
    if (untraced.test(raw.url ?? '')) return;
    const given = acceptTrace(raw.headers);
    const parent: Context = given
      ? trace.setSpanContext(ROOT_CONTEXT, { ...spanContext(given), isRemote: true })
      : ROOT_CONTEXT;
    const span = this.#tracer.startSpan(raw.method ?? '', { kind: SpanKind.SERVER }, parent);
    const { traceId, spanId, traceFlags } = span.spanContext();
    const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
    raw.headers.traceparent = formatTraceparent({ traceId, spanId, sampled });
    this.#spans.set(raw, span);
  }

  end(request: FastifyRequest, reply: FastifyReply): void {
    const span = this.#spans.get(request.raw);
    if (!span) return;
    const route = request.routeOptions.url ?? 'unknown';
    span.updateName(`${request.method} ${route}`);
    span.setAttributes({
      'http.request.method': request.method,
      'http.route': route,
      'http.response.status_code': reply.statusCode,
      'leaderboard.request_id': request.id,
    });
    if (reply.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }

  work(name: string, startedAt: Date, attributes: Record<string, string | number>, links: string[]): void {
    const contexts = links.slice(0, maxLinks).flatMap((text) => parseTraceparent(text) ?? []);
    const span = this.#tracer.startSpan(name, {
      startTime: startedAt,
      attributes,
      links: contexts.map((context): Link => ({ context: spanContext(context) })),
    });
    span.end();
  }

  async close(): Promise<void> {
    await Promise.race([this.#provider.shutdown(), setTimeout(exportTimeoutMs, undefined, { ref: false })]);
  }
}

function spanContext({ traceId, spanId, sampled }: TraceContext): SpanContext {
  return { traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE };
}
