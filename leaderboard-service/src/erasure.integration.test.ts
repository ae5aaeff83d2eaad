import supertest from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ServiceHarness, startService } from './testing/service-harness.js';

let service: ServiceHarness;
beforeAll(async () => {
  service = await startService({ USER_WRITES_PER_SECOND: '0' });
});
beforeEach(() => service.reset());
afterAll(() => service.close());

const http = () => supertest(service.app.server);
const server = () => service.token({ user_id: 'game-server', role: 'server' });
const admin = () => service.token({ user_id: 'operator', role: 'admin' });

async function register(userId: string, region = 'EU', initialScore?: number): Promise<string> {
  const body = { user_id: userId, name: `Name of ${userId}`, region, password: 'a password', initialScore };
  return (await http().post('/auth/register').send(body).expect(201)).body.token;
}
const post = (token: string, score: number) =>
  http().post('/score').auth(token, { type: 'bearer' }).send({ score });
const serve = (body: object) => http().post('/score').auth(server(), { type: 'bearer' }).send(body);
const erase = (userId: string, token: string) =>
  http().delete(`/users/${userId}`).auth(token, { type: 'bearer' });
const users = async (path: string): Promise<string[]> =>
  (await http().get(path).expect(200)).body.rows.map(({ user_id }: { user_id: string }) => user_id);

describe('DELETE /users/:userId', () => {
  it('takes the account and the scores, and the token with them', async () => {
    const token = await register('ann', 'EU', 5);
    await erase('ann', token).expect(204);
    await http().get('/rank/ann').expect(404);
    expect(await users('/top')).toEqual([]);
    await http().post('/auth/login').send({ user_id: 'ann', password: 'a password' }).expect(401);
    expect((await post(token, 7).expect(401)).body.code).toBe('unauthorized');
    await http().get('/auth/me').auth(token, { type: 'bearer' }).expect(401);
    await erase('ann', token).expect(401);
  });

  it.each(['EU', 'ASIA'])('frees the id for a stranger, who begins with nothing (%s)', async (region) => {
    const old = await register('ann', 'EU', 5);
    await erase('ann', old).expect(204);
    const fresh = await register('ann', region);
    await http().get('/rank/ann').expect(404);
    await post(old, 9).expect(401);
    expect((await post(fresh, 2).expect(200)).body).toMatchObject({ score: 2, previous_score: null, region });
    await http().get('/auth/me').auth(old, { type: 'bearer' }).expect(401);
    await erase('ann', old).expect(401);
    expect((await http().get('/rank/ann').expect(200)).body).toMatchObject({ score: 2, total: 1 });
  });

  it('is known to a game server that still remembers the home of the erased one', async () => {
    await serve({ user_id: 'emil', region: 'EU', score: 5 }).expect(200);
    await erase('emil', admin()).expect(204);
    await register('emil', 'ASIA');
    await serve({ user_id: 'emil', region: 'ASIA', score: 1 }).expect(200);
    await serve({ user_id: 'emil', region: 'EU', score: 1 }).expect(409);
  });

  it('is for the user itself and for admins', async () => {
    await register('ann', 'EU', 5);
    await erase('ann', await register('bob')).expect(403);
    await erase('ann', server()).expect(403);
    await http().delete('/users/ann').expect(401);
    expect((await erase('nobody', admin()).expect(404)).body.code).toBe('unknown_user');
    await erase('ann', admin()).expect(204);
  });

  it('lets a game server go on for whoever has the id next', async () => {
    await serve({ user_id: 'dora', region: 'EU', score: 5 }).expect(200);
    await erase('dora', admin()).expect(204);
    expect((await serve({ user_id: 'dora', score: 1 }).expect(200)).body).toMatchObject({
      score: 1,
      previous_score: null,
      region: 'GLOBAL',
    });
  });

  it('refuses late events from before, each by itself', async () => {
    await serve({ user_id: 'carl', region: 'EU', score: 5 }).expect(200);
    const timestamp = new Date(Date.now() - 60_000).toISOString();
    await erase('carl', admin()).expect(204);
    const events = [
      { user_id: 'carl', region: 'EU', score: 8, timestamp },
      { user_id: 'bob', region: 'EU', score: 8, timestamp },
    ];
    const { body } = await http()
      .post('/scores')
      .auth(server(), { type: 'bearer' })
      .send({ events })
      .expect(200);
    expect(body.results).toMatchObject([{ ok: false, code: 'user_erased' }, { ok: true }]);
    expect(await users('/top')).toEqual(['bob']);
  });
});

describe('events with a timestamp', () => {
  const bulk = async (events: object[]) =>
    (await http().post('/scores').auth(server(), { type: 'bearer' }).send({ events }).expect(200)).body
      .results;
  const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
  const hourMs = 3_600_000;

  it.each<[string, string | number, string]>([
    ['too old', ago(25 * hourMs), 'timestamp_out_of_range'],
    ['from the future', ago(-hourMs), 'timestamp_out_of_range'],
    ['no time', '2026-02-31T99:00:00Z', 'invalid_request'],
    ['without a zone', '2026-02-01T00:00:00', 'invalid_request'],
    ['a number', 1_700_000_000, 'invalid_request'],
  ])('are refused by themselves when they are %s', async (_, timestamp, code) => {
    const results = await bulk([
      { user_id: 'ann', score: 1, timestamp },
      { user_id: 'bob', score: 1, timestamp: ago(hourMs) },
    ]);
    expect(results).toMatchObject([{ ok: false, code }, { ok: true }]);
  });

  it('count in the period in which they happened', async () => {
    await http()
      .put('/games/default')
      .auth(admin(), { type: 'bearer' })
      .send({ windows: ['daily', '24h'] })
      .expect(200);
    service.services.games.forget('default');
    const yesterday = ago(23 * hourMs);
    await bulk([
      { user_id: 'ann', score: 9, timestamp: yesterday },
      { user_id: 'bob', score: 1 },
    ]);
    const day = yesterday.slice(0, 10);
    const today = new Date().toISOString().slice(0, 10);
    expect(await users(`/top?window=daily&at=${day}`)).toContain('ann');
    expect(await users(`/top?window=daily&at=${today}`)).toContain('bob');
    if (day !== today) expect(await users('/top?window=daily')).toEqual(['bob']);
    expect(await users('/top?window=24h')).toEqual(['ann', 'bob']);
  });
});
