import { Problem } from '@leaderboard/shared/http/problems';
import supertest from 'supertest';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EventReader } from '../testing/event-reader.js';
import { FakeBoard } from '../testing/fake-board.js';
import { bearer, type GatewayHarness, startSystem } from '../testing/gateway-harness.js';
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
  const open = async (query = '', headers: Record<string, string> = {}) => {
    const reader = await EventReader.open(`${gateway.url}/live${query}`, headers);
    closers.push(() => reader.close());
    return reader;
  };
  return { gateway, service, board, open };
}

/** @param labels such as `kind="sse"` */
const metric = async (gateway: GatewayHarness, name: string, labels = '') => {
  const { text } = await supertest(gateway.url).get('/metrics');
  return Number(new RegExp(`^${name}\\{${labels}.*\\} (.+)$`, 'm').exec(text)?.[1] ?? 0);
};

describe('a stream', () => {
  it('begins with how to come back and the board as /top has it', async () => {
    const { open, board } = await start();
    const reader = await open('?region=eu&limit=2');
    expect(reader.response.headers).toMatchObject({
      'content-type': expect.stringContaining('text/event-stream'),
      'cache-control': 'no-store',
      'x-request-id': expect.any(String),
    });
    const { id, data } = await reader.nth('snapshot', 1);
    expect(reader.events[0]).toMatchObject({ event: '', retry: 2000 });
    expect(id).toMatch(/^[\w-]{16}$/);
    expect(data).toEqual({
      region: 'EU',
      game: 'default',
      window: 'all',
      total: 3,
      rows: board.rows.slice(0, 2),
    });
  });

  it('tells a change, and says nothing while there is none', async () => {
    const { open, board } = await start();
    const reader = await open();
    const first = await reader.nth('snapshot', 1);
    const polls = board.calls('/top').length;
    await until(() => board.calls('/top').length > polls + 3, 'it was read again');
    expect(reader.of('snapshot')).toHaveLength(1);
    board.users.unshift({ id: 'd', score: 200 });
    const second = await reader.nth('snapshot', 2);
    expect(second.data).toMatchObject({ total: 4, rows: [{ user_id: 'd' }, {}, {}, {}] });
    expect(second.id).not.toBe(first.id);
  });

  it('tells that only the total changed', async () => {
    const { open, board } = await start();
    const reader = await open('?limit=1');
    await reader.nth('snapshot', 1);
    board.users.push({ id: 'd', score: 1 });
    expect((await reader.nth('snapshot', 2)).data).toMatchObject({ total: 4, rows: [{ user_id: 'a' }] });
  });

  it('brings no snapshot that the client has already', async () => {
    const { open, board } = await start();
    const { id = '' } = await (await open()).nth('snapshot', 1);
    const again = await open('', { 'last-event-id': id });
    board.users.pop();
    const { data } = await again.nth('snapshot', 1);
    expect(data.total).toBe(2);
  });

  it('has the same ids at every gateway', async () => {
    const [one, other] = [await start(), await start()];
    const first = await (await one.open()).nth('snapshot', 1);
    expect((await (await other.open()).nth('snapshot', 1)).id).toBe(first.id);
  });

  it('has heartbeats', async () => {
    const { open } = await start({ LIVE_HEARTBEAT_MS: '50' });
    const reader = await open();
    await until(() => reader.comments >= 2, 'two heartbeats came');
  });

  it('says once that the board cannot be read, and brings it again when it can', async () => {
    const { open, board } = await start();
    const reader = await open();
    await reader.nth('snapshot', 1);
    board.problem = new Problem('shard_rebuilding', 'wait');
    await reader.nth('stale', 1);
    const polls = board.calls('/top').length;
    await until(() => board.calls('/top').length > polls + 3, 'it was tried again');
    board.problem = undefined;
    await reader.nth('snapshot', 2);
    expect(reader.of('stale')).toHaveLength(1);
  });
});

describe('many streams of one board', () => {
  it('share one read, whatever the spelling of the query, which ends with them', async () => {
    const { open, board, gateway } = await start({ LIVE_INTERVAL_MS: '200' });
    const spellings = ['', '?region=global', '?game=default&limit=10', '?ties=unique&window=all'];
    const readers = await Promise.all(Array.from({ length: 40 }, (_, at) => open(spellings[at % 4])));
    await Promise.all(readers.map((reader) => reader.nth('snapshot', 1)));
    expect(await metric(gateway, 'live_boards')).toBe(1);
    expect(await metric(gateway, 'live_connections', 'kind="sse"')).toBe(40);

    const polls = board.calls('/top').length;
    board.users.pop();
    await Promise.all(readers.map((reader) => reader.nth('snapshot', 2)));
    expect(board.calls('/top').length - polls).toBeLessThanOrEqual(2);

    for (const reader of readers) reader.close();
    await until(() => readers.every(({ ended }) => ended), 'all are gone');
    await expect.poll(() => metric(gateway, 'live_boards')).toBe(0);
    expect(await metric(gateway, 'live_connections', 'kind="sse"')).toBe(0);
  });
});

describe('a stream with a user', () => {
  it('tells its standing: from the rows, from /ranks, and that there is none', async () => {
    const { open, board } = await start();
    const inRows = await open('?user_id=b');
    expect((await inRows.nth('self', 1)).data).toEqual({
      user_id: 'b',
      rank: 2,
      score: 99,
      total: 3,
      percentile: 33.33,
    });
    expect(board.calls('/ranks')).toHaveLength(0);
    const beyond = await open('?limit=1&user_id=c');
    expect((await beyond.nth('self', 1)).data).toEqual({
      user_id: 'c',
      rank: 3,
      score: 98,
      total: 3,
      percentile: 0,
    });
    const nobody = await open('?user_id=nobody');
    expect((await nobody.nth('self', 1)).data).toEqual({ user_id: 'nobody', rank: null });
  });

  it('tells who went past', async () => {
    const { open, board } = await start();
    const [inRows, beyond] = [await open('?user_id=b'), await open('?limit=1&user_id=c')];
    await Promise.all([inRows.nth('self', 1), beyond.nth('self', 1)]);
    board.users.splice(1, 0, { id: 'd', score: 99, updatedAt: new Date(Date.now() + 60_000).toISOString() });
    expect((await inRows.nth('passed', 1)).data).toEqual({
      user_id: 'b',
      rank: 3,
      previous_rank: 2,
      by: [{ user_id: 'd', name: 'D', rank: 2 }],
    });
    expect((await beyond.nth('passed', 1)).data).toEqual({
      user_id: 'c',
      rank: 4,
      previous_rank: 3,
      by: [{ user_id: 'd', name: 'D', rank: 2 }],
    });
    expect((await inRows.nth('self', 2)).data).toMatchObject({ rank: 3, total: 4 });
  });
});

describe('what cannot be watched', () => {
  it.each([
    ['?game=nothing', '404', 'unknown_game'],
    ['?window=century', '400', 'invalid_request'],
    ['?limit=0', '400', 'invalid_request'],
    ['?limit=101', '400', 'invalid_request'],
    ['?at=2026-01-01', '400', 'invalid_request'],
    ['?user_id=', '400', 'invalid_request'],
  ])('%s is a problem before the stream begins', async (query, status, code) => {
    const { open } = await start();
    await expect(open(query)).rejects.toThrow(
      new RegExp(`^Error: ${status} .*"${code}"|^${status} .*"${code}"`),
    );
  });

  it('is 405 by other methods', async () => {
    const { gateway } = await start();
    const { status, headers } = await supertest(gateway.url).post('/live').send({});
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET' });
  });

  it('does not keep the board', async () => {
    const { open, gateway } = await start();
    await expect(open('?game=nothing')).rejects.toThrow('404');
    expect(await metric(gateway, 'live_boards')).toBe(0);
    await expect.poll(() => metric(gateway, 'live_connections', 'kind="sse"')).toBe(0);
  });

  it('is a board too many', async () => {
    const { open } = await start({ LIVE_MAX_BOARDS: '1' });
    await open();
    await open();
    await expect(open('?limit=3')).rejects.toThrow(/^503 .*"live_busy"/);
  });

  it('is a connection too many: of the gateway', async () => {
    const { open } = await start({ LIVE_MAX_CONNECTIONS: '2' });
    await open();
    const second = await open();
    await expect(open()).rejects.toThrow(/^503 .*"live_busy"/);
    second.close();
    await expect
      .poll(() =>
        open().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });

  it('is a connection too many: of one address', async () => {
    const { open } = await start({ LIVE_MAX_PER_IP: '1' });
    const from = (address: string) => open('', { 'x-forwarded-for': address });
    await from('198.51.100.1');
    await from('198.51.100.2');
    await from('2001:db8::1');
    await expect(from('198.51.100.1')).rejects.toThrow(/^429 .*"ip_rate_limited"/);
    await expect(from('2001:db8:0:0:9::1')).rejects.toThrow(/^429/);
    await from('2001:db8:0:1::1');
  });
});

describe('where reads need a token', () => {
  const closed = { READS_REQUIRE_TOKEN: 'true' };

  it('a stream needs one, too, and the gateway shows its own', async () => {
    const { open, board } = await start(closed);
    await expect(open()).rejects.toThrow(/^401 .*"unauthorized"/);
    await (await open('', bearer())).nth('snapshot', 1);
    expect(board.calls('/top')[0]?.headers.authorization).toMatch(/^Bearer /);
  });

  it('a stream ends with its token', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { open } = await start({ ...closed, LIVE_HEARTBEAT_MS: '50' });
    const early = await open('', bearer());
    await until(() => early.comments > 1, 'it goes on');
    vi.advanceTimersByTime(400_000);
    const late = await open('', bearer());
    vi.advanceTimersByTime(400_000);
    await until(() => early.ended, 'it has ended');
    const beats = late.comments;
    await until(() => late.comments > beats + 1, 'the later one goes on');
  });
});

describe('a client that does not read', () => {
  it('is cut off, and the others are not held up', async () => {
    const { open, board, gateway } = await start({ LIVE_BUFFER_BYTES: '1024' });
    const big = 'x'.repeat(10_000);
    const [slow, quick] = [await open('?limit=100'), await open('?limit=100')];
    await quick.nth('snapshot', 1);
    slow.pause();
    // More than the kernel takes for a reader that has stopped.
    let round = 0;
    const change = setInterval(() => {
      round++;
      board.users = Array.from({ length: 100 }, (_, at) => ({
        id: `${big}${round}x${at}`,
        score: 1000 - at,
      }));
    }, 10);
    closers.push(() => clearInterval(change));
    await expect
      .poll(() => metric(gateway, 'live_dropped_total', 'reason="slow"'), { timeout: 20_000 })
      .toBe(1);
    clearInterval(change);
    const seen = quick.of('snapshot').length;
    board.users = [];
    await quick.nth('snapshot', seen + 1);
    expect(quick.ended).toBe(false);
  });
});
