import supertest from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import { cutConnection, type FakeService, neverAnswer } from './testing/fake-service.js';
import { bearer, type GatewayHarness, startSystem } from './testing/gateway-harness.js';
import { until } from './testing/until.js';

let close: () => Promise<void> = async () => {};
afterEach(() => close());

async function start(count: number, environment: Record<string, string> = {}) {
  const system = await startSystem(count, environment);
  close = system.close;
  const [first, second] = system.services as [FakeService, FakeService];
  return { ...system, first, second };
}

const get = (gateway: GatewayHarness) =>
  supertest(gateway.url)
    .get('/top')
    .ok(() => true);
const post = (gateway: GatewayHarness, headers: Record<string, string> = {}) =>
  supertest(gateway.url)
    .post('/score')
    .ok(() => true)
    .set({ ...bearer(), 'content-type': 'application/json', ...headers })
    .send('{"score":1}');
const keyed = { 'idempotency-key': 'k1' };
const arrivals = (services: readonly FakeService[]) => services.map((service) => service.arrivals.length);

describe('requests', () => {
  it('go to each service in turn', async () => {
    const { gateway, services } = await start(3);
    for (let count = 0; count < 9; count++) await get(gateway);
    expect(arrivals(services)).toEqual([3, 3, 3]);
  });

  it('go to another service when one refuses connections, a write too: it was never sent', async () => {
    const { gateway, first, second } = await start(2, { PROBE_INTERVAL_MS: '60000' });
    await first.crash();
    for (let count = 0; count < 4; count++) expect((await post(gateway)).status).toBe(200);
    expect(second.arrivals.length).toBe(4);
  });

  it('without any service are 503 and say when to try again', async () => {
    const { gateway, first } = await start(1);
    await first.crash();
    const answer = await post(gateway);
    expect(answer.status).toBe(503);
    expect(answer.body.code).toBe('no_upstream');
    expect(answer.headers['retry-after']).toBe('1');
  });
});

describe('a connection that is lost after sending', () => {
  it('leaves the outcome of a write unknown, which is sent only once', async () => {
    const { gateway, services } = await start(2);
    for (const service of services) service.behaviour = cutConnection;
    const answer = await post(gateway);
    expect(answer.status).toBe(502);
    expect(answer.body.code).toBe('outcome_unknown');
    expect(services.flatMap((service) => service.arrivals)).toHaveLength(1);
  });

  it('sends a write with a key to another service', async () => {
    const { gateway, services, first, second } = await start(2);
    first.behaviour = cutConnection;
    const answer = await post(gateway, keyed);
    expect(answer.status).toBe(200);
    expect(arrivals(services)).toEqual([1, 1]);
    expect(second.arrivals[0]).toMatchObject({ body: '{"score":1}', headers: keyed });
  });

  it('leaves the outcome of a write with a key unknown after three tries', async () => {
    const { gateway, services } = await start(2);
    for (const service of services) service.behaviour = cutConnection;
    const answer = await post(gateway, keyed);
    expect(answer.body.code).toBe('outcome_unknown');
    expect(services.flatMap((service) => service.arrivals)).toHaveLength(3);
  });

  it('sends a read to another service', async () => {
    const { gateway, services, first } = await start(2);
    first.behaviour = cutConnection;
    expect((await get(gateway)).status).toBe(200);
    expect(arrivals(services)).toEqual([1, 1]);
  });

  it('in the middle of an answer is no half answer', async () => {
    const { gateway, first } = await start(1);
    first.behaviour = (_arrival, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half', () => response.socket?.destroy());
    };
    const answer = await get(gateway);
    expect(answer.status).toBe(502);
    expect(answer.body.code).toBe('bad_gateway');
  });
});

describe('a service that does not answer', () => {
  it('makes a read 504 when the deadline passes', async () => {
    const { gateway, first } = await start(1, { UPSTREAM_TIMEOUT_MS: '300' });
    first.behaviour = neverAnswer;
    const begin = performance.now();
    const answer = await get(gateway);
    expect(answer.status).toBe(504);
    expect(answer.body.code).toBe('gateway_timeout');
    expect(performance.now() - begin).toBeLessThan(3_000);
  });

  it('makes a write 504 with an unknown outcome, sent once', async () => {
    const { gateway, services } = await start(2, { UPSTREAM_TIMEOUT_MS: '300' });
    for (const service of services) service.behaviour = neverAnswer;
    const answer = await post(gateway);
    expect(answer.status).toBe(504);
    expect(answer.body.code).toBe('outcome_unknown');
    expect(services.flatMap((service) => service.arrivals)).toHaveLength(1);
  });

  it('holds a dripping answer to the deadline', async () => {
    const { gateway, first } = await start(1, { UPSTREAM_TIMEOUT_MS: '300' });
    first.behaviour = (_arrival, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('.'), 50);
      response.on('close', () => clearInterval(drip));
    };
    expect((await get(gateway)).status).toBe(504);
  });

  it('is taken out when it leaves probes unanswered, and its reads go elsewhere at once', async () => {
    const { gateway, first, second } = await start(2);
    first.frozen = true;
    const waiting = [get(gateway), get(gateway)].map((request) => request.then());
    await until(() => first.arrivals.length === 1, 'one read hangs');
    await gateway.sees(first, 'down');
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
    expect(second.arrivals.length).toBe(2);
  });

  it('keeps a write that it may have taken until the deadline', async () => {
    const { gateway, first, second } = await start(2, { UPSTREAM_TIMEOUT_MS: '1500' });
    first.frozen = true;
    const answer = await post(gateway);
    expect(gateway.statusOf(first)).toBe('down');
    expect(answer.body.code).toBe('outcome_unknown');
    expect(second.arrivals).toEqual([]);
  });
});

describe('a service that fails its requests', () => {
  it('is taken out after three in a row although it answers probes', async () => {
    const { gateway, first } = await start(2);
    first.behaviour = cutConnection;
    for (let count = 0; count < 6; count++) await get(gateway);
    expect(first.arrivals).toHaveLength(3);
    expect(gateway.statusOf(first)).toBe('ejected');
  });

  it('comes back by one trial request', async () => {
    const { gateway, first } = await start(2);
    first.behaviour = cutConnection;
    for (let count = 0; count < 6; count++) await get(gateway);
    first.behaviour = (_arrival, response) => response.end();
    await gateway.sees(first, 'trial');
    await get(gateway);
    await get(gateway);
    expect(gateway.statusOf(first)).toBe('up');
  });

  it('is out again when it fails the trial', async () => {
    const { gateway, first } = await start(2);
    first.behaviour = cutConnection;
    for (let count = 0; count < 6; count++) await get(gateway);
    await gateway.sees(first, 'trial');
    await get(gateway);
    await get(gateway);
    expect(first.arrivals).toHaveLength(4);
    expect(gateway.statusOf(first)).toBe('ejected');
  });

  it('stays in when half of the others are out already', async () => {
    const { gateway, services } = await start(3);
    for (const service of services) service.behaviour = cutConnection;
    for (let count = 0; count < 12; count++) await get(gateway);
    expect(services.filter((service) => gateway.statusOf(service) === 'ejected')).toHaveLength(1);
  });
});

describe('a service that says it is not ready', () => {
  it('gets nothing new, and what it has is answered', async () => {
    const { gateway, first, second } = await start(2);
    let answerFirst = () => {};
    first.behaviour = (_arrival, response) => {
      answerFirst = () => response.end('late but whole');
    };
    const running = post(gateway).then();
    await until(() => first.arrivals.length === 1, 'the write has arrived');
    first.ready = false;
    await gateway.sees(first, 'not_ready');
    for (let count = 0; count < 4; count++) await get(gateway);
    expect(second.arrivals).toHaveLength(4);
    answerFirst();
    expect((await running).status).toBe(200);
  });

  it('is asked again at once when it begins to close connections', async () => {
    const { gateway, first } = await start(1, { PROBE_INTERVAL_MS: '60000' });
    await until(() => first.probes === 1, 'the first probe');
    first.ready = false;
    first.behaviour = (_arrival, response) => response.setHeader('connection', 'close').end();
    await get(gateway);
    await gateway.sees(first, 'not_ready');
  });

  it('is asked again at once when another one goes out', async () => {
    const { gateway, first, second } = await start(2, { PROBE_INTERVAL_MS: '60000' });
    const announceStop = async (service: FakeService) => {
      service.ready = false;
      service.behaviour = (_arrival, response) => response.setHeader('connection', 'close').end();
      await until(() => gateway.statusOf(service) === 'up', 'it is up');
      await get(gateway);
      await gateway.sees(service, 'not_ready');
    };
    await announceStop(first);
    first.ready = true;
    await announceStop(second);
    await gateway.sees(first, 'trial');
  });
});
