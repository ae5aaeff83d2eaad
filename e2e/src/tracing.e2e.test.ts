import { type Stack, startStack } from '@leaderboard/local/stack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from './testing/client.js';
import { type Collector, startCollector } from './testing/collector.js';
import { until } from './testing/until.js';

describe('with OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  let collector: Collector;
  let stack: Stack;

  beforeAll(async () => {
    collector = await startCollector();
    stack = await startStack({
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, GATEWAYS: '1', SERVICES: '1' },
    });
  });
  afterAll(async () => {
    await stack?.stop();
    await collector.close();
  });

  const of = (traceId: string) => collector.spans.filter((span) => span.traceId === traceId);
  const commitsOf = (traceId: string) =>
    collector.spans.filter(({ links = [] }) => links.some((link) => link.traceId === traceId));

  it("a client's trace has spans of gateway and service, and is linked to the worker's commit", async () => {
    const traceId = 'aaaabbbbccccddddeeeeffff00001111';
    const client = '1111222233334444';
    const { status } = await call('/auth/register', {
      base: stack.url,
      body: { user_id: 'traced', name: 'Traced', password: 'long enough', region: 'EU' },
    });
    expect(status).toBe(201);
    const login = await call('/auth/login', {
      base: stack.url,
      body: { user_id: 'traced', password: 'long enough' },
    });
    const answer = await call('/score', {
      base: stack.url,
      token: login.body.token,
      body: { score: 5 },
      headers: { traceparent: `00-${traceId}-${client}-01` },
    });
    expect(answer.status).toBe(200);

    await until('all spans came', () => of(traceId).length >= 2 && commitsOf(traceId).length > 0);
    const [gateway] = of(traceId).filter(({ service }) => service === 'api-gateway');
    const [service] = of(traceId).filter(({ service }) => service === 'leaderboard-service');
    expect(gateway).toMatchObject({ name: 'POST /score', parentSpanId: client });
    expect(service).toMatchObject({ name: 'POST /score', parentSpanId: gateway?.spanId });
    expect(service?.attributes).toContainEqual({
      key: 'leaderboard.request_id',
      value: { stringValue: answer.headers.get('x-request-id') },
    });
    expect(commitsOf(traceId)[0]).toMatchObject({ service: 'worker-service', name: 'commit batch' });
  });

  it('a call without a trace begins one at the gateway', async () => {
    const answer = await call('/games', { base: stack.url });
    const id = answer.headers.get('x-request-id');
    const ours = () =>
      collector.spans.filter(({ attributes }) => attributes.some(({ value }) => value.stringValue === id));
    await until('both spans came', () => ours().length === 2);
    const [gateway] = ours().filter(({ service }) => service === 'api-gateway');
    const [service] = ours().filter(({ service }) => service === 'leaderboard-service');
    expect(gateway?.parentSpanId ?? '').toBe('');
    expect(service?.traceId).toBe(gateway?.traceId);
    expect(service?.parentSpanId).toBe(gateway?.spanId);
  });

  it('nobody sees the probes', () => {
    expect(collector.spans.filter(({ name }) => /health|metrics/.test(name))).toEqual([]);
  });
});
