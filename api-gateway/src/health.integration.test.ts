import supertest from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import type { FakeService } from './testing/fake-service.js';
import { startGateway, startSystem } from './testing/gateway-harness.js';

let close: () => Promise<void> = async () => {};
afterEach(() => close());

async function start(count: number) {
  const system = await startSystem(count);
  close = system.close;
  const [first, second] = system.services as [FakeService, FakeService];
  const health = () => supertest(system.gateway.url).get('/health');
  return { ...system, first, second, health };
}

describe('GET /health', () => {
  it('is 200 and lists every service while all are up', async () => {
    const { health, first, second } = await start(2);
    const answer = await health();
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      status: 'ok',
      upstreams: [
        { url: first.url, status: 'up' },
        { url: second.url, status: 'up' },
      ],
    });
  });

  it('is 200 while one of them is up', async () => {
    const { health, gateway, first } = await start(2);
    await first.crash();
    await gateway.sees(first, 'down');
    const answer = await health();
    expect(answer.status).toBe(200);
    expect(answer.body.upstreams[0]).toMatchObject({
      status: 'down',
      reason: expect.stringContaining('REFUSED'),
    });
  });

  it('is 503 in the same shape while none is up', async () => {
    const { health, gateway, first } = await start(1);
    first.ready = false;
    await gateway.sees(first, 'not_ready');
    const answer = await health();
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({ status: 'unavailable', upstreams: [{ status: 'not_ready' }] });
  });

  it('is 503 with an empty list when no service could be found', async () => {
    const gateway = await startGateway('http://nowhere.test:5000', {}, () =>
      Promise.reject(new Error('ENOTFOUND')),
    );
    close = () => gateway.close();
    const answer = await supertest(gateway.url).get('/health');
    expect(answer.status).toBe(503);
    expect(answer.body).toEqual({ status: 'unavailable', upstreams: [] });
  });

  it('needs no token and takes no notice of a bad one', async () => {
    const { health } = await start(1);
    expect((await health().set('authorization', 'Bearer x.y.z')).status).toBe(200);
  });
});

describe('GET /metrics', () => {
  it('says which status each service has', async () => {
    const { gateway, first } = await start(1);
    const { text } = await supertest(gateway.url).get('/metrics');
    expect(text).toContain(
      `gateway_upstream_state{kind="service",upstream="${first.address}",status="up",service="test"} 1`,
    );
    expect(text).toContain(
      `gateway_upstream_state{kind="service",upstream="${first.address}",status="down",service="test"} 0`,
    );
  });

  it('counts requests, retries and ejections', async () => {
    const { gateway, first } = await start(2);
    first.behaviour = (_arrival, response) => response.socket?.resetAndDestroy();
    for (let count = 0; count < 6; count++) await supertest(gateway.url).get('/top');
    const { text } = await supertest(gateway.url).get('/metrics');
    expect(text).toMatch(new RegExp(`requests_total\\{upstream="${first.address}",outcome="lost",.*\\} 3`));
    expect(text).toMatch(/gateway_upstream_retries_total\{reason="lost",.*\} 3/);
    expect(text).toMatch(
      new RegExp(`ejections_total\\{upstream="${first.address}",status="ejected",.*\\} 1`),
    );
  });
});
