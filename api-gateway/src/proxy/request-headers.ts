import type { IncomingHttpHeaders } from 'node:http';

/**
 * The only headers of a client that reach a service. A list of what passes, not of what is stopped: no
 * `X-User-Id`, `Forwarded` or hop-by-hop header gets through because nobody thought of it.
 */
const passed = [
  'authorization',
  'content-type',
  'content-encoding',
  'accept',
  'idempotency-key',
  'if-none-match',
  'last-event-id',
  'traceparent',
  'tracestate',
  'user-agent',
] as const;

/** Name, value, name, value, …: what the client may say, and what we say about it. */
export function upstreamHeaders(
  headers: IncomingHttpHeaders,
  requestId: string,
  clientAddress: string,
): string[] {
  const list = ['x-request-id', requestId, 'x-forwarded-for', clientAddress];
  for (const name of passed) {
    const value = headers[name];
    if (typeof value === 'string') list.push(name, value);
  }
  return list;
}
