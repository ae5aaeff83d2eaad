import pg from 'pg';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { adminToken, call, expectProblem, freshId, register, serverToken } from './testing/client.js';
import { until } from './testing/until.js';

/** Windows, the overall board and moderation, as docs/boards.md tells them, through NGINX. */

const put = (game: string, body: object) =>
  call(`/games/${game}`, { method: 'PUT', body, token: adminToken() });
const post = (game: string, userId: string, score: number, region = 'EU') =>
  call('/score', { token: serverToken(), body: { game, user_id: userId, region, score } });
const usersAt = async (path: string): Promise<string[]> =>
  (await call(path)).body.rows.map((row: { user_id: string }) => row.user_id);
const day = (agoMs = 0) => new Date(Date.now() - agoMs).toISOString().slice(0, 10);
const dayMs = 86_400_000;

async function storedIn(region: string, query: string, values: unknown[]) {
  const client = new pg.Client({ connectionString: inject('stack').postgresUrls[region] });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(query, values)).rows;
  } finally {
    await client.end();
  }
}

describe('windows', () => {
  const game = freshId('windows');
  const windows = ['24h', '3d', '7d', 'daily', 'weekly', 'monthly'];
  const [ann, bob, cara] = [freshId('ann'), freshId('bob'), freshId('cara')];
  beforeAll(async () => {
    expect((await put(game, { windows, timezone: 'Europe/Berlin' })).status).toBe(200);
    await post(game, ann, 30);
    await post(game, bob, 50, 'ASIA');
    await post(game, cara, 10, 'NA');
  });

  it.each(windows)('%s: top, rank, around and ranks, over all regions', async (window) => {
    const query = `game=${game}&window=${window}`;
    const top = (await call(`/top?${query}`)).body;
    expect(top).toMatchObject({ region: 'GLOBAL', game, window, total: 3 });
    expect(top.rows.map((row: { user_id: string }) => row.user_id)).toEqual([bob, ann, cara]);
    expect((await call(`/rank/${cara}?${query}`)).body).toMatchObject({ rank: 3, score: 10, total: 3 });
    const around = (await call(`/around/${ann}?${query}&range=1`)).body;
    expect(around.self).toMatchObject({ user_id: ann, rank: 2 });
    expect(around.around.map((row: { rank: number }) => row.rank)).toEqual([1, 3]);
    const ranks = (await call(`/ranks?${query}&user_ids=${cara},${bob},nobody`)).body;
    expect(ranks.rows.map((row: { rank: number }) => row.rank)).toEqual([1, 3]);
    expect(ranks.not_found).toEqual(['nobody']);
    expect(await usersAt(`/top?${query}&region=ASIA`)).toEqual([bob]);
  });

  it.each(['daily', 'weekly', 'monthly'])('%s tells when its period starts and ends', async (window) => {
    const query = `game=${game}&window=${window}`;
    for (const path of [`/top?${query}`, `/rank/${ann}?${query}`, `/around/${ann}?${query}`]) {
      const { starts_at, ends_at } = (await call(path)).body;
      expect(Date.parse(starts_at)).toBeLessThanOrEqual(Date.now());
      expect(Date.parse(ends_at)).toBeGreaterThan(Date.now());
    }
  });

  it('count a late event where it happened', async () => {
    const late = freshId('late');
    const timestamp = new Date(Date.now() - 23.5 * 3_600_000).toISOString();
    const utc = freshId('utc');
    await put(utc, { windows: ['daily', '24h'] });
    const events = [{ user_id: late, region: 'EU', game: utc, score: 7, timestamp }];
    const { body } = await call('/scores', { token: serverToken(), body: { events } });
    expect(body.results).toMatchObject([{ ok: true }]);
    expect(await usersAt(`/top?game=${utc}&window=daily&at=${timestamp.slice(0, 10)}`)).toEqual([late]);
    expect(await usersAt(`/top?game=${utc}&window=24h`)).toEqual([late]);
  });

  it.each([
    ['no such day', 'daily', '2026-02-30'],
    ['long ago', 'daily', '2020-01-01'],
    ['the future', 'monthly', day(-70 * dayMs)],
    ['at with all time', 'all', day()],
    ['at with a rolling window', '24h', day()],
    ['no date', 'daily', 'yesterday'],
  ])('refuse %s', async (_, window, at) => {
    expectProblem(await call(`/top?game=${game}&window=${window}&at=${at}`), 400, 'invalid_request');
  });

  it('are refused where the game does not keep them', async () => {
    const plain = freshId('plain');
    await put(plain, {});
    for (const path of ['/top?', `/rank/${ann}?`, `/around/${ann}?`, `/ranks?user_ids=${ann}&`]) {
      expectProblem(await call(`${path}game=${plain}&window=daily`), 400, 'unknown_window');
    }
    expectProblem(await call(`/top?game=${plain}&window=hourly`), 400, 'invalid_request');
  });
});

describe('the overall board', () => {
  it('adds up the games that count on it', async () => {
    const [one, two, other] = [freshId('one'), freshId('two'), freshId('other')];
    for (const game of [one, two]) await put(game, { overall: true });
    await put(other, {});
    const user = freshId('overall');
    const [first, second] = [2 ** 40, 2 ** 41];
    await post(one, user, first);
    await post(two, user, second);
    await post(other, user, 5);
    expect((await call(`/rank/${user}?game=*`)).body).toMatchObject({ score: first + second });
    expect(await usersAt('/top?game=*&limit=10')).toContain(user);
    await call(`/score/${user}?game=${two}`, { method: 'DELETE', token: adminToken() });
    expect((await call(`/rank/${user}?game=*`)).body).toMatchObject({ score: first });
    expectProblem(await put(one, { overall: false }), 409, 'game_in_use');
    expectProblem(await call('/top?game=*&window=daily'), 400, 'unknown_window');
    expectProblem(await post('*', user, 1), 400, 'invalid_request');
  });
});

describe('moderation', () => {
  const game = freshId('moderated');
  beforeAll(async () => {
    await put(game, { windows: ['daily', '24h'] });
  });
  const hide = (userId: string, hidden: boolean, token = adminToken()) =>
    call(`/users/${userId}/hidden`, { method: 'PUT', body: { hidden }, token });

  it('hides a user from everyone but itself and admins, and shows it again', async () => {
    const hidden = await register('EU');
    const other = freshId('seen');
    await call('/score', { token: hidden.token, body: { game, score: 100 } });
    await post(game, other, 50);
    const path = (window: string) => `/top?game=${game}&window=${window}`;
    expect((await hide(hidden.userId, true)).body).toEqual({ user_id: hidden.userId, hidden: true });
    for (const window of ['all', 'daily', '24h']) {
      expect(await usersAt(path(window))).toEqual([other]);
      const rank = `/rank/${hidden.userId}?game=${game}&window=${window}`;
      expectProblem(await call(rank), 404, 'not_ranked');
      for (const token of [hidden.token, adminToken()]) {
        expect((await call(rank, { token })).body).toMatchObject({ rank: 1, score: 100 });
      }
    }
    const write = await call('/score', { token: hidden.token, body: { game, score: 120 } });
    expect(write.body).toMatchObject({ score: 120, rank: 1 });
    expect(await usersAt(path('all'))).toEqual([other]);
    await hide(hidden.userId, false);
    for (const window of ['all', 'daily', '24h']) {
      expect(await usersAt(path(window))).toEqual([hidden.userId, other]);
    }
    expectProblem(await hide(hidden.userId, true, hidden.token), 403, 'forbidden');
    expectProblem(await hide('nobody-at-all', true), 404, 'unknown_user');
  });

  it('removes an entry from the windows, too, and puts every act on record', async () => {
    const user = freshId('removed');
    await post(game, user, 5);
    expect(
      (await call(`/score/${user}?game=${game}`, { method: 'DELETE', token: adminToken() })).status,
    ).toBe(204);
    for (const window of ['all', 'daily', '24h']) {
      expect(await usersAt(`/top?game=${game}&window=${window}`)).not.toContain(user);
    }
    await hide(user, true);
    const acts = () =>
      storedIn('EU', 'SELECT actor, act FROM admin_acts WHERE subject = $1 ORDER BY acted_at', [user]);
    await until('both acts are on record', async () => (await acts()).length === 2);
    expect(await acts()).toEqual([
      { actor: 'operator', act: 'delete-score' },
      { actor: 'operator', act: 'hide-user' },
    ]);
  });

  it('erases a user everywhere, and the id is free', async () => {
    const erased = await register('EU');
    await call('/score', { token: erased.token, body: { game, score: 100 } });
    const rows = () => storedIn('EU', 'SELECT 1 FROM score_events WHERE user_id = $1', [erased.userId]);
    await until('the score is stored', async () => (await rows()).length === 1);
    const { status } = await call(`/users/${erased.userId}`, { method: 'DELETE', token: erased.token });
    expect(status).toBe(204);
    expect(await usersAt(`/top?game=${game}&window=24h`)).not.toContain(erased.userId);
    expectProblem(
      await call('/score', { token: erased.token, body: { game, score: 1 } }),
      401,
      'unauthorized',
    );
    await until('the history is gone', async () => (await rows()).length === 0);
    const again = await call('/auth/register', {
      body: { user_id: erased.userId, name: 'Somebody else', region: 'EU' },
    });
    expect(again.status).toBe(201);
    expectProblem(await call(`/rank/${erased.userId}?game=${game}`), 404, 'not_ranked');
  });
});
