import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Spans that go to an OpenTelemetry collector. Where there is none to send them to, there is no `Tracing` either. */
export interface Tracing {
  /** Begins the span of a request, and makes its `traceparent` name that span for everything behind. */
  begin(raw: IncomingMessage): void;
  end(request: FastifyRequest, reply: FastifyReply): void;
  /** A piece of work that several requests led to, by their `traceparent`s. */
  work(name: string, startedAt: Date, attributes: Record<string, string | number>, links: string[]): void;
  /** Sends what is left. */
  close(): Promise<void>;
}

export interface TracingOptions {
  /** Base URL of OTLP/HTTP, as in `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly endpoint: string;
  readonly service: string;
  readonly instance: string;
}
