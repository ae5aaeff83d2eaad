import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { describe, expect, inject, it } from 'vitest';
import { call, freshId, register } from './testing/client.js';
import { until } from './testing/until.js';

/** What the processes of one kind have logged for this request. */
function linesOf(kind: string, requestId: string): Record<string, unknown>[] {
  const directory = join(inject('stack').dataDir, 'logs');
  return readdirSync(directory)
    .filter((name) => name.startsWith(kind))
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n'))
    .filter((line) => line.includes(requestId))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('one request id', () => {
  it('runs from NGINX through all logs to the row of the event in Postgres', async () => {
    const { token } = await register('EU');
    const requestId = freshId('request');
    const answer = await call('/score', {
      token,
      body: { score: 7 },
      headers: { 'x-request-id': requestId },
    });
    expect(answer.headers.get('x-request-id')).toBe(requestId);

    const client = new Client({ connectionString: inject('stack').postgresUrls.EU });
    await client.connect();
    const find = () => client.query('SELECT score FROM score_events WHERE request_id = $1', [requestId]);
    await until('the event is stored', async () => (await find()).rowCount === 1);
    expect((await find()).rows).toEqual([{ score: '7' }]);
    await client.end();

    for (const kind of ['nginx-access', 'gateway']) {
      await until(`${kind} has logged it`, () => linesOf(kind, requestId).length > 0);
      expect(linesOf(kind, requestId)[0]).toMatchObject({ request_id: requestId });
    }
    expect(linesOf('gateway', requestId)[0]).toMatchObject({
      method: 'POST',
      url: '/score',
      status: 200,
      ms: expect.any(Number),
      ip: '127.0.0.1',
      upstream: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    });
  });

  it('is made by NGINX when the client sends none that is usable', async () => {
    const { headers } = await call('/top', { headers: { 'x-request-id': 'not usable!' } });
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('a trace that a client began', () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const ask = async (traceparent: string) => {
    const requestId = freshId('traced');
    const url = `/games?limit=1&token=${freshId('secret')}`;
    await call(url, { headers: { 'x-request-id': requestId, traceparent } });
    await until('the gateway has logged it', () => linesOf('gateway', requestId).length > 0);
    return linesOf('gateway', requestId)[0];
  };

  it('is named by the log of the gateway, which does not show the token in the query', async () => {
    const line = await ask(`00-${traceId}-00f067aa0ba902b7-01`);
    expect(line).toMatchObject({ trace_id: traceId, url: '/games?limit=1&token=[redacted]' });
  });

  it('that is not valid is nobody’s', async () => {
    const line = await ask(`00-${traceId}-0000000000000000-01`);
    expect(line).toBeDefined();
    expect(line).not.toHaveProperty('trace_id');
  });
});
