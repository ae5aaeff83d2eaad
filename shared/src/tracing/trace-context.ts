import type { IncomingHttpHeaders } from 'node:http';

/** Who asks, as W3C Trace Context says it in the header `traceparent`. */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits: the span that the request comes from. */
  readonly spanId: string;
  readonly sampled: boolean;
}

/** Later versions may say more behind another dash. */
const traceparent =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Undefined for what is no `traceparent`: it is ignored then, as the standard asks. */
export function parseTraceparent(text: string): TraceContext | undefined {
  const [, version, traceId, spanId, flags, more] = traceparent.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

/** The trace that a request belongs to. One that is not valid is taken out, so that nobody behind us sees it. */
export function acceptTrace(headers: IncomingHttpHeaders): TraceContext | undefined {
  const given = headers.traceparent;
  if (given === undefined) return undefined;
  const context = typeof given === 'string' ? parseTraceparent(given) : undefined;
  if (context) return context;
  delete headers.traceparent;
  delete headers.tracestate;
  return undefined;
}

/** What the queue message of an accepted request says of its trace. */
export function traceparentOf({ traceparent: text }: IncomingHttpHeaders): string | undefined {
  // Without what a later version may add.
  return typeof text === 'string' ? text.slice(0, 55) : undefined;
}
