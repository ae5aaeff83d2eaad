import type { IncomingHttpHeaders } from 'node:http';

/** The only headers of a service that reach a client; lengths, dates and connection handling are ours. */
const passed = [
  'content-type',
  'retry-after',
  'allow',
  'www-authenticate',
  'idempotency-replayed',
  'cache-control',
  'etag',
  'last-modified',
  'vary',
  'location',
  'link',
  'content-disposition',
  'content-security-policy',
  'x-content-type-options',
  'referrer-policy',
] as const;

export function clientHeaders(headers: IncomingHttpHeaders, method: string): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of passed) {
    const value = headers[name];
    if (value !== undefined) kept[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  // Of the answer that a GET would have got.
  if (method === 'HEAD' && headers['content-length'] !== undefined) {
    kept['content-length'] = headers['content-length'];
  }
  return kept;
}
