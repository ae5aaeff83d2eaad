import { describe, expect, it } from 'vitest';
import { upstreamHeaders } from './request-headers.js';
import { clientHeaders } from './response-headers.js';

describe('upstreamHeaders', () => {
  it('takes what is on the list', () => {
    const headers = upstreamHeaders(
      { authorization: 'Bearer x', 'idempotency-key': 'k' },
      'id-1',
      '10.0.0.1',
    );
    expect(headers).toEqual([
      ...['x-request-id', 'id-1'],
      ...['x-forwarded-for', '10.0.0.1'],
      ...['authorization', 'Bearer x'],
      ...['idempotency-key', 'k'],
    ]);
  });

  it('leaves out identity, forwarding and hop-by-hop headers', () => {
    const headers = upstreamHeaders(
      {
        'x-user-id': 'root',
        'x-forwarded-for': '1.1.1.1',
        host: 'x',
        connection: 'close',
        cookie: 'a',
        te: 'b',
      },
      'id-1',
      '10.0.0.1',
    );
    expect(headers).toEqual(['x-request-id', 'id-1', 'x-forwarded-for', '10.0.0.1']);
  });
});

describe('clientHeaders', () => {
  it('takes what is on the list', () => {
    const kept = { 'content-type': 'application/json', 'retry-after': '1', allow: 'GET', etag: '"1"' };
    expect(clientHeaders(kept, 'GET')).toEqual(kept);
  });

  it('leaves out the rest', () => {
    const headers = {
      connection: 'close',
      'keep-alive': 'timeout=1',
      server: 'x',
      'content-length': '7',
      date: 'now',
    };
    expect(clientHeaders(headers, 'GET')).toEqual({});
  });

  it('says the length of an answer to HEAD, whose body is not there to be counted', () => {
    expect(clientHeaders({ 'content-length': '7' }, 'HEAD')).toEqual({ 'content-length': '7' });
  });
});
