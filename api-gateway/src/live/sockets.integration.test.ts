import { Problem } from '@leaderboard/shared/http/problems';
import supertest from 'supertest';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeBoard } from '../testing/fake-board.js';
import type { Arrival } from '../testing/fake-service.js';
import { bearer, startSystem, tokenOf } from '../testing/gateway-harness.js';
import { SocketClient } from '../testing/socket-client.js';
import { until } from '../testing/until.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (let close = closers.pop(); close; close = closers.pop()) await close();
});

async function start(environment: Record<string, string> = {}) {
  const system = await startSystem(1, { LIVE_INTERVAL_MS: '50', ...environment });
  closers.push(system.close);
  const { gateway } = system;
  const [service] = system.services;
  if (!service) throw new Error('no service');
  const board = new FakeBoard(service);
  board.users = ['a', 'b', 'c'].map((id, at) => ({ id, score: 100 - at }));
  const open = async (headers: Record<string, string> = {}) => {
    const client = await SocketClient.open(`${gateway.url}/live/ws`, headers);
    closers.push(() => client.close());
    return client;
  };
  return { gateway, service, board, open };
}

/** A service that answers writes like this. */
async function startWriting(status: number, body: object, headers: Record<string, string> = {}) {
  const system = await start();
  const posts: Arrival[] = [];
  system.service.behaviour = (arrival, response) => {
    posts.push(arrival);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
  return { ...system, posts };
}

describe('a subscription', () => {
  it('gets the board at once and whenever it changed, with the board it is of', async () => {
    const { open, board } = await start();
    const client = await open();
    client.send({ subscribe: { region: 'eu', limit: 2 } });
    expect(await client.nth('snapshot', 1)).toEqual({
      type: 'snapshot',
      board: { game: 'default', region: 'EU', window: 'all', limit: 2, ties: 'unique' },
      region: 'EU',
      game: 'default',
      window: 'all',
      total: 3,
      rows: board.rows.slice(0, 2),
    });
    board.users.unshift({ id: 'd', score: 200 });
    expect((await client.nth('snapshot', 2)).rows[0]).toMatchObject({ user_id: 'd' });
  });

  it('tells the standing of its user', async () => {
    const { open, board } = await start();
    const client = await open();
    client.send({ subscribe: { user_id: 'b' } });
    expect(await client.nth('self', 1)).toMatchObject({ user_id: 'b', rank: 2, board: { limit: 10 } });
    board.users.splice(1, 0, { id: 'd', score: 99 });
    expect(await client.nth('passed', 1)).toMatchObject({
      rank: 3,
      previous_rank: 2,
      by: [{ user_id: 'd' }],
    });
  });

  it('ends when it is taken back, and the others go on', async () => {
    const { open, board } = await start();
    const client = await open();
    client.send({ subscribe: { limit: 1 } });
    client.send({ subscribe: { limit: 2 } });
    await client.nth('snapshot', 2);
    client.send({ unsubscribe: { region: 'GLOBAL', limit: 1 } });
    await client.ask({ auth: 'an answer shows that the frame before was read' });
    board.users.unshift({ id: 'd', score: 200 });
    expect((await client.nth('snapshot', 3)).board.limit).toBe(2);
    const polls = board.calls('/top').length;
    await until(() => board.calls('/top').length > polls + 3, 'the other board is read on');
    expect(client.of('snapshot')).toHaveLength(3);
    expect(
      board
        .calls('/top')
        .slice(polls)
        .every(({ path }) => path.includes('limit=2')),
    ).toBe(true);
  });

  it('that cannot be is a problem with its ref, and the connection stays', async () => {
    const { open } = await start();
    const client = await open();
    expect(await client.ask({ subscribe: { game: 'nothing' } })).toMatchObject({
      type: 'problem',
      status: 404,
      body: { code: 'unknown_game' },
    });
    expect(await client.ask({ subscribe: { limit: 0 } })).toMatchObject({ status: 400 });
    client.send({ subscribe: {} });
    await client.nth('snapshot', 1);
  });

  it('is one of twenty at most', async () => {
    const { open } = await start();
    const client = await open();
    for (let limit = 1; limit <= 20; limit++) client.send({ subscribe: { limit } });
    await client.nth('snapshot', 20);
    expect(await client.ask({ subscribe: { limit: 21 } })).toMatchObject({ status: 400 });
  });

  it('hears that the board cannot be read', async () => {
    const { open, board } = await start();
    const client = await open();
    client.send({ subscribe: {} });
    await client.nth('snapshot', 1);
    board.problem = new Problem('shard_rebuilding', 'wait');
    expect(await client.nth('stale', 1)).toEqual({ type: 'stale', board: expect.any(Object) });
  });
});

describe('where reads need a token', () => {
  it('a subscription needs one', async () => {
    const { open } = await start({ READS_REQUIRE_TOKEN: 'true' });
    const client = await open();
    expect(await client.ask({ subscribe: {} })).toMatchObject({ status: 401 });
    await client.ask({ auth: tokenOf('alice') });
    client.send({ subscribe: {} });
    await client.nth('snapshot', 1);
  });
});

describe('a token that ends', () => {
  it('ends the subscriptions that needed it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { open } = await start({ READS_REQUIRE_TOKEN: 'true', LIVE_HEARTBEAT_MS: '500' });
    const client = await open();
    await client.ask({ auth: tokenOf('alice') });
    client.send({ subscribe: {} });
    await client.nth('snapshot', 1);
    vi.advanceTimersByTime(700_000);
    expect(await client.untilClosed()).toMatchObject({ code: 1008 });
  });
});

describe('a token', () => {
  it('in a frame is answered with who one is', async () => {
    const { open } = await start();
    const client = await open();
    expect(await client.ask({ auth: tokenOf('alice') })).toMatchObject({
      type: 'auth',
      user: { user_id: 'alice', name: 'alice', region: 'EU', role: 'player' },
    });
  });

  it('that is not valid is a problem', async () => {
    const { open } = await start();
    expect(await (await open()).ask({ auth: 'a.b.c' })).toMatchObject({
      type: 'problem',
      status: 401,
      body: { code: 'unauthorized' },
    });
  });

  it('that is not valid refuses the upgrade', async () => {
    const { open } = await start();
    await expect(open({ authorization: 'Bearer a.b.c' })).rejects.toThrow('401');
  });
});

describe('a score', () => {
  it('is posted and answered as over HTTP, with what the client may say', async () => {
    const { open, posts } = await startWriting(
      200,
      { score: 5, rank: 1 },
      { 'idempotency-replayed': 'true' },
    );
    const client = await open({ ...bearer('alice'), 'x-user-id': 'mallory' });
    const answer = await client.ask({ score: { score: 5, game: 'chess', idempotency_key: 'k1' } });
    expect(answer).toEqual({
      type: 'score',
      ref: 1,
      status: 200,
      body: { score: 5, rank: 1 },
      replayed: true,
    });
    const [post] = posts;
    expect(post).toMatchObject({ method: 'POST', path: '/score', body: '{"score":5,"game":"chess"}' });
    expect(post?.headers).toMatchObject({
      ...bearer('alice'),
      'content-type': 'application/json',
      'idempotency-key': 'k1',
    });
    expect(post?.headers).not.toHaveProperty('x-user-id');
  });

  it.each([
    ['add', '/score/add', '{"delta":5}'],
    ['update', '/score/update', '{"score":5}'],
  ])('with the action %s goes to %s', async (action, path, body) => {
    const { open, posts } = await startWriting(200, {});
    await (await open(bearer())).ask({ score: { score: 5, action } });
    expect(posts).toMatchObject([{ path, body }]);
  });

  it('that the service refuses is a problem with the same status, body and time to wait', async () => {
    const { open } = await startWriting(429, { code: 'user_rate_limited' }, { 'retry-after': '2' });
    expect(await (await open(bearer())).ask({ score: { score: 5 } })).toEqual({
      type: 'problem',
      ref: 1,
      status: 429,
      body: { code: 'user_rate_limited' },
      retry_after: 2,
    });
  });

  it('without a token is refused here', async () => {
    const { open, posts } = await startWriting(200, {});
    expect(await (await open()).ask({ score: { score: 5 } })).toMatchObject({ type: 'problem', status: 401 });
    expect(posts).toHaveLength(0);
  });

  it('with an unknown outcome says so, and is sent again only with a key', async () => {
    const { open, service } = await start();
    service.behaviour = (_arrival, response) => response.socket?.resetAndDestroy();
    const client = await open(bearer());
    expect(await client.ask({ score: { score: 5 } })).toMatchObject({
      status: 502,
      body: { code: 'outcome_unknown' },
    });
    expect(service.arrivals).toHaveLength(1);
    await client.ask({ score: { score: 5, idempotency_key: 'k1' } });
    expect(service.arrivals.length).toBeGreaterThan(2);
  });

  it('counts against the limit of its address', async () => {
    const { open } = await start({ IP_LIMIT_EXEMPT: 'none', IP_REQUESTS_PER_SECOND: '2' });
    const client = await open(bearer());
    const answers = await Promise.all([1, 2, 3].map((score) => client.ask({ score: { score } })));
    expect(answers.at(-1)).toMatchObject({
      type: 'problem',
      status: 429,
      body: { code: 'ip_rate_limited' },
      retry_after: 1,
    });
  });

  it('is never rounded', async () => {
    const { open, posts } = await startWriting(200, {});
    const client = await open(bearer());
    client.send({ score: { score: 1.5 } });
    expect(await client.nth('problem', 1)).toMatchObject({ status: 400, body: { code: 'malformed_body' } });
    expect(posts).toHaveLength(0);
  });

  it('follows the one before it', async () => {
    const { open, posts } = await startWriting(200, {});
    const client = await open(bearer());
    await Promise.all(Array.from({ length: 200 }, (_, score) => client.ask({ score: { score } })));
    expect(posts.map(({ body }) => JSON.parse(body).score)).toEqual(
      Array.from({ length: 200 }, (_, at) => at),
    );
  });
});

describe('a frame that is not understood', () => {
  it.each([
    '',
    'no json',
    '[]',
    '{}',
    '{"hello":1}',
    '{"auth":"x","score":{}}',
    '{"auth":5}',
    '{"subscribe":{"at":"x"}}',
  ])('%s is a problem', async (frame) => {
    const { open } = await start();
    const client = await open();
    client.send(frame);
    expect(await client.nth('problem', 1)).toMatchObject({ status: 400, body: { code: expect.any(String) } });
    expect(client.closed).toBeUndefined();
  });

  it('closes the connection when it is the tenth', async () => {
    const { open } = await start();
    const client = await open();
    for (let count = 0; count < 10; count++) client.send('no json');
    expect(await client.untilClosed()).toMatchObject({ code: 1008 });
    expect(client.of('problem')).toHaveLength(10);
  });

  it('and is too large closes it', async () => {
    const { open, gateway } = await start();
    const client = await open();
    client.send('x'.repeat(16 * 1024 + 1));
    expect(await client.untilClosed()).toMatchObject({ code: 1009 });
    const { text } = await supertest(gateway.url).get('/metrics');
    expect(text).toMatch(/live_dropped_total\{reason="too_large",.*\} 1/);
  });
});

describe('a socket', () => {
  it('that does not answer pings is dropped', async () => {
    const { open } = await start({ LIVE_HEARTBEAT_MS: '500' });
    const silent = await open();
    const answering = await open();
    silent.socket.pong = () => {};
    await silent.untilClosed();
    expect(answering.closed).toBeUndefined();
  });

  it('too many of an address is refused before the upgrade', async () => {
    const { open } = await start({ LIVE_MAX_PER_IP: '1' });
    const headers = { 'x-forwarded-for': '198.51.100.1' };
    const first = await open(headers);
    await expect(open(headers)).rejects.toThrow('429');
    first.close();
    await expect
      .poll(() =>
        open(headers).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });

  it('cannot be opened by a plain request', async () => {
    const { gateway } = await start();
    const { status, body } = await supertest(gateway.url).get('/live/ws');
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'invalid_request' });
  });
});
