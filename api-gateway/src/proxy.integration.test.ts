import supertest from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeService } from './testing/fake-service.js';
import { bearer, type GatewayHarness, startGateway, tokenOf } from './testing/gateway-harness.js';

let service: FakeService;
let gateway: GatewayHarness;
const http = () => supertest(gateway.url);

beforeAll(async () => {
  service = await FakeService.start();
  gateway = await startGateway([service]);
});
beforeEach(() => {
  service.arrivals.length = 0;
  service.behaviour = (arrival, response) => response.end(arrival.body);
});
afterAll(async () => {
  await gateway.close();
  await service.crash();
});

describe('what reaches the service', () => {
  it('is the method, path, query and body as they were sent', async () => {
    const body = '{"score": 1.0, "x":"\\u00e4ß"}';
    await http()
      .post('/score/add?a=%2F&b=ü')
      .set({ ...bearer(), 'content-type': 'application/json' })
      .send(body);
    expect(service.arrivals).toMatchObject([{ method: 'POST', path: '/score/add?a=%2F&b=%C3%BC', body }]);
  });

  it('is a body of any type, for the service to judge', async () => {
    await http()
      .post('/score')
      .set({ ...bearer(), 'content-type': 'text/plain' })
      .send('x');
    expect(service.arrivals[0]).toMatchObject({ body: 'x', headers: { 'content-type': 'text/plain' } });
  });

  it('is no header but those on the list', async () => {
    await http().get('/top').set({
      accept: 'application/json',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'x-user-id': 'root',
      'x-user-region': 'EU',
      'x-role': 'admin',
      forwarded: 'for=1.2.3.4',
      'x-real-ip': '1.2.3.4',
      'x-forwarded-host': 'evil',
      'proxy-authorization': 'Basic eA==',
      te: 'trailers',
      cookie: 'a=b',
      connection: 'x-user-id, keep-alive',
    });
    expect(Object.keys(service.arrivals[0]?.headers ?? {}).sort()).toEqual([
      'accept',
      'connection',
      'host',
      'traceparent',
      'x-forwarded-for',
      'x-request-id',
    ]);
    expect(service.arrivals[0]?.headers.connection).toBe('keep-alive');
  });

  it('is the address of the client as we see it', async () => {
    await http().get('/top').set('x-forwarded-for', '198.51.100.7');
    expect(service.arrivals[0]?.headers['x-forwarded-for']).toBe('198.51.100.7');
  });

  it('is the request id that the client gets', async () => {
    const { headers } = await http().get('/top').set('x-request-id', 'abc-1');
    expect(headers['x-request-id']).toBe('abc-1');
    expect(service.arrivals[0]?.headers['x-request-id']).toBe('abc-1');
  });
});

describe('what reaches the client', () => {
  it('is the answer of the service, and which one it was', async () => {
    service.behaviour = (_arrival, response) =>
      response.writeHead(404, { 'content-type': 'application/problem+json' }).end('{"code":"not_ranked"}');
    const answer = await http().get('/rank/x');
    expect(answer.status).toBe(404);
    expect(answer.type).toBe('application/problem+json');
    expect(answer.body).toEqual({ code: 'not_ranked' });
    expect(answer.headers['x-upstream-addr']).toBe(service.address);
  });

  it('is no header but those on the list', async () => {
    service.behaviour = (_arrival, response) =>
      response
        .writeHead(200, { 'x-powered-by': 'magic', 'set-cookie': 'a=b', server: 'secret', etag: '"1"' })
        .end('x');
    const { headers } = await http().get('/top');
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('set-cookie');
    expect(headers).not.toHaveProperty('server');
    expect(headers.etag).toBe('"1"');
  });

  it('is a 204 without a body', async () => {
    service.behaviour = (_arrival, response) => response.writeHead(204).end();
    const answer = await http().delete('/users/alice').set(bearer());
    expect(answer.status).toBe(204);
    expect(answer.headers).not.toHaveProperty('content-type');
  });

  it('is the head of a HEAD request with its length', async () => {
    service.behaviour = (_arrival, response) => response.writeHead(200, { 'content-length': 42 }).end();
    const answer = await http().head('/top');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-length']).toBe('42');
  });

  it('is a body that came in many pieces', async () => {
    const piece = 'x'.repeat(100_000);
    service.behaviour = (_arrival, response) => {
      response.setHeader('content-type', 'text/plain');
      for (let count = 0; count < 20; count++) response.write(piece);
      response.end();
    };
    const { text } = await http().get('/top');
    expect(text.length).toBe(2_000_000);
  });

  it('is a 503 of the service, which does not put the service out', async () => {
    service.behaviour = (_arrival, response) =>
      response.writeHead(503, { 'retry-after': '1' }).end('{"code":"shard_rebuilding"}');
    for (let count = 0; count < 10; count++) {
      const answer = await http().get('/top');
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('1');
    }
    expect(gateway.statusOf(service)).toBe('up');
  });
});

describe('a body over the limit', () => {
  const post = (path: string, bytes: number) =>
    http()
      .post(path)
      .set({ ...bearer(), 'content-type': 'application/json' })
      .send(' '.repeat(bytes));

  it('of 16 KiB is 413 and does not reach the service', async () => {
    const answer = await post('/score', 16 * 1024 + 1);
    expect(answer.status).toBe(413);
    expect(answer.body.code).toBe('payload_too_large');
    expect(service.arrivals).toEqual([]);
  });

  it('of 16 KiB is taken by the bulk route', async () => {
    expect((await post('/scores', 1024 * 1024)).status).toBe(200);
  });

  it('of 1 MiB is 413 on the bulk route too', async () => {
    expect((await post('/scores', 1024 * 1024 + 1)).status).toBe(413);
  });
});

describe('tokens', () => {
  it.each([
    ['post', '/score'],
    ['post', '/score/create'],
    ['post', '/score/update'],
    ['post', '/score/add'],
    ['post', '/scores'],
    ['get', '/auth/me'],
    ['delete', '/users/alice'],
    ['get', '/users/alice/history'],
    ['put', '/games/x'],
    ['delete', '/score/alice'],
  ] as const)('are required by %s %s', async (method, path) => {
    const answer = await http()[method](path);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.body).toMatchObject({ code: 'unauthorized', request_id: answer.headers['x-request-id'] });
    expect(service.arrivals).toEqual([]);
  });

  it.each(['/top', '/anything/else', '/auth/login'])(
    'must be valid where none is needed: %s',
    async (path) => {
      const answer = await http()
        .get(path)
        .set('authorization', `Bearer ${tokenOf('alice')}x`);
      expect(answer.status).toBe(401);
      expect(service.arrivals).toEqual([]);
    },
  );

  it('reach the service, which verifies them again', async () => {
    const headers = bearer();
    await http().get('/auth/me').set(headers);
    expect(service.arrivals[0]?.headers.authorization).toBe(headers.authorization);
  });

  it('are required for reads when the operator wants it', async () => {
    const closed = await startGateway([service], { READS_REQUIRE_TOKEN: 'true' });
    expect((await supertest(closed.url).get('/top')).status).toBe(401);
    await closed.close();
  });
});

describe('a path that cannot be decoded', () => {
  it('is 400', async () => {
    const answer = await http().get('/rank/%zz');
    expect(answer.status).toBe(400);
    expect(answer.body.code).toBe('invalid_request');
    expect(answer.headers).toHaveProperty('x-request-id');
  });
});

describe('GET /top', () => {
  const start = async () => {
    const service = await FakeService.start();
    const gateway = await startGateway([service], { TOP_CACHE_MS: '60000' });
    const get = (path: string, headers: Record<string, string> = {}) =>
      supertest(gateway.url)
        .get(path)
        .set(headers)
        .ok(() => true);
    const close = async () => {
      await gateway.close();
      await service.close();
    };
    return { service, get, close };
  };

  it('is asked for once for all who want the same', async () => {
    const { service, get, close } = await start();
    const answers = await Promise.all([get('/top'), get('/top'), get('/top'), get('/top?limit=5')]);
    answers.push(await get('/top', bearer()));
    expect(service.arrivals.map(({ path }) => path).sort()).toEqual(['/top', '/top?limit=5']);
    for (const { headers } of answers) expect(headers['x-upstream-addr']).toBe(service.address);
    expect(new Set(answers.map(({ headers }) => headers['x-request-id'])).size).toBe(answers.length);
    await close();
  });

  it('is asked for each time by who wants nothing kept, by HEAD, and where it is refused', async () => {
    const { service, get, close } = await start();
    await get('/top');
    await get('/top', { 'cache-control': 'no-cache' });
    service.behaviour = (_arrival, response) => response.writeHead(503).end();
    await get('/top?limit=1');
    await get('/top?limit=1');
    expect((await get('/top', { authorization: 'Bearer bad' })).status).toBe(401);
    expect(service.arrivals).toHaveLength(4);
    await close();
  });
});
