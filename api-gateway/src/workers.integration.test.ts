import supertest from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeService } from './testing/fake-service.js';
import { bearer, type GatewayHarness, startGateway } from './testing/gateway-harness.js';

let service: FakeService;
let worker: FakeService;
let gateway: GatewayHarness;

beforeEach(async () => {
  [service, worker] = await Promise.all([FakeService.start(), FakeService.start()]);
  gateway = await startGateway([service], { WORKER_URLS: worker.url });
});
afterEach(async () => {
  await gateway.close();
  await Promise.all([service.crash(), worker.crash()]);
});

const get = (path: string) => supertest(gateway.url).get(path).set(bearer());

describe('what only the workers know', () => {
  it.each(['/users/ann/history?limit=3', '/users/ann/export'])('is asked of a worker: %s', async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers['x-upstream-addr']).toBe(worker.address);
    expect(worker.arrivals.map((arrival) => arrival.path)).toEqual([path]);
    expect(service.arrivals).toEqual([]);
  });

  it('is refused by a worker when the method is wrong', async () => {
    await supertest(gateway.url).post('/users/ann/history').set(bearer());
    expect(worker.arrivals).toMatchObject([{ method: 'POST' }]);
  });

  it('needs a token', async () => {
    const answer = await supertest(gateway.url).get('/users/ann/history');
    expect(answer.status).toBe(401);
    expect(worker.arrivals).toEqual([]);
  });

  it('is 503 with Retry-After while no worker is up, and nothing else is', async () => {
    await worker.crash();
    const answer = await get('/users/ann/history');
    expect(answer.status).toBe(503);
    expect(answer.body.code).toBe('no_upstream');
    expect(answer.headers['retry-after']).toBe('1');
    expect((await get('/top')).status).toBe(200);
    expect((await get('/health')).body).toMatchObject({ status: 'ok', upstreams: [{ url: service.url }] });
  });
});
