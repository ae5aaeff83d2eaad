import supertest from 'supertest';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startSystem } from './testing/gateway-harness.js';

let close: () => Promise<void> = async () => {};
/** No window of a limit ends by itself, however slow the machine is. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await close();
});

async function start(environment: Record<string, string>) {
  const system = await startSystem(1, environment);
  close = system.close;
  return {
    ...system,
    get: (forwardedFor?: string) => {
      const request = supertest(system.gateway.url).get('/top');
      return forwardedFor === undefined ? request : request.set('x-forwarded-for', forwardedFor);
    },
  };
}

/** The peer of these tests is loopback, which counts like any address here. */
const strict = { IP_LIMIT_EXEMPT: 'none', TRUSTED_PROXIES: 'none' };

describe('an address that sends too much', () => {
  it('is refused with 429 and told when to come back', async () => {
    const { get, services } = await start({ ...strict, IP_REQUESTS_PER_SECOND: '3' });
    for (let count = 0; count < 3; count++) expect((await get()).status).toBe(200);
    const refused = await get();
    expect(refused.status).toBe(429);
    expect(refused.type).toBe('application/problem+json');
    expect(refused.body.code).toBe('ip_rate_limited');
    expect(refused.headers['retry-after']).toBe('1');
    expect(services[0]?.arrivals).toHaveLength(3);
  });

  it('may come back when the second is over', async () => {
    const { get } = await start({ ...strict, IP_REQUESTS_PER_SECOND: '1' });
    await get();
    expect((await get()).status).toBe(429);
    vi.advanceTimersByTime(1_000);
    expect((await get()).status).toBe(200);
  });

  it('cannot hide behind a thousand invented X-Forwarded-For', async () => {
    const { get } = await start({ ...strict, IP_REQUESTS_PER_SECOND: '10' });
    const statuses: number[] = [];
    for (let count = 0; count < 1000; count++) {
      statuses.push((await get(`198.51.${count >> 8}.${count & 255}`)).status);
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
  });

  it('is counted in the metrics', async () => {
    const { get, gateway } = await start({ ...strict, IP_REQUESTS_PER_SECOND: '1' });
    await get();
    await get();
    const { text } = await supertest(gateway.url).get('/metrics');
    expect(text).toMatch(/gateway_ip_rate_limited_total\{limit="requests",.*\} 1/);
  });

  it('may still ask for the health of the gateway', async () => {
    const { get, gateway } = await start({ ...strict, IP_REQUESTS_PER_SECOND: '1' });
    await get();
    expect((await get()).status).toBe(429);
    expect((await supertest(gateway.url).get('/health')).status).toBe(200);
  });
});

describe('addresses', () => {
  it('behind a trusted proxy have a limit each', async () => {
    const { get } = await start({ IP_REQUESTS_PER_SECOND: '1', TRUSTED_PROXIES: 'loopback' });
    expect((await get('198.51.100.1')).status).toBe(200);
    expect((await get('198.51.100.2')).status).toBe(200);
    expect((await get('198.51.100.1')).status).toBe(429);
  });

  it('in front of what a client invented are what counts', async () => {
    const { get } = await start({ IP_REQUESTS_PER_SECOND: '1', TRUSTED_PROXIES: 'loopback' });
    expect((await get('203.0.113.1, 198.51.100.9')).status).toBe(200);
    expect((await get('203.0.113.2, 198.51.100.9')).status).toBe(429);
  });

  it('of loopback have no limit by default', async () => {
    const { get } = await start({ IP_REQUESTS_PER_SECOND: '1' });
    for (let count = 0; count < 5; count++) expect((await get()).status).toBe(200);
  });

  it('have no limit when it is 0', async () => {
    const { get } = await start({ ...strict, IP_REQUESTS_PER_SECOND: '0' });
    for (let count = 0; count < 5; count++) expect((await get()).status).toBe(200);
  });
});

describe('logins and registrations', () => {
  it('share a limit of their own, which reads do not use up', async () => {
    const { get, gateway } = await start({ ...strict, AUTH_REQUESTS_PER_MINUTE: '2' });
    const post = (path: string) => supertest(gateway.url).post(path).send({});
    await get();
    expect((await post('/auth/login')).status).toBe(200);
    expect((await post('/auth/register')).status).toBe(200);
    const refused = await post('/auth/login');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50);
    expect((await get()).status).toBe(200);
  });
});
