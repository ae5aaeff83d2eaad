import { beforeAll, describe, expect, inject, it } from 'vitest';
import { adminToken, call, expectProblem, type Registered, register, serverToken } from './testing/client.js';
import { until } from './testing/until.js';

/** A user's past, through NGINX: read, exported and erased. */

let ann: Registered;
const history = (query = '', token = ann.token) => call(`/users/${ann.userId}/history${query}`, { token });
const userExport = (token = ann.token) => call(`/users/${ann.userId}/export`, { token });

beforeAll(async () => {
  ann = await register('ASIA');
  for (const score of [10, 30, 20]) await call('/score', { token: ann.token, body: { score } });
  await until('three events are stored', async () => (await history()).body.events.length === 3);
});

describe('the history', () => {
  it('has every accepted event, newest first, page by page', async () => {
    const first = await history('?limit=2');
    expect(first.body.events).toMatchObject([
      { op: 'best', value: 20, score: 30 },
      { op: 'best', value: 30, score: 30 },
    ]);
    const second = await history(`?limit=2&cursor=${first.body.next_cursor}`);
    expect(second.body.events).toMatchObject([{ op: 'best', value: 10, score: 10 }]);
    expect(second.body.next_cursor).toBeUndefined();
  });

  it('comes from a worker', async () => {
    const { headers } = await history();
    const upstream = `http://${headers.get('x-upstream-addr')}`;
    expect(inject('stack').serviceUrls).not.toContain(upstream);
    expect((await call('/health/ready', { base: upstream })).status).toBe(200);
  });

  it('is refused to other players, and with another method', async () => {
    const bob = await register('ASIA');
    expectProblem(await history('', bob.token), 403, 'forbidden');
    expect((await history('', serverToken())).status).toBe(200);
    const posted = await call(`/users/${ann.userId}/history`, { method: 'POST', token: ann.token, body: {} });
    expectProblem(posted, 405);
    expect(posted.headers.get('allow')).toContain('GET');
  });
});

describe('the export', () => {
  it('has the account without its password, the entries and the history', async () => {
    const { status, body } = await userExport();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      account: { user_id: ann.userId, name: ann.userId, region: 'ASIA' },
      entries: [{ game: 'default', score: 30 }],
      history: { events: [{ value: 20 }, { value: 30 }, { value: 10 }] },
    });
    expect(JSON.stringify(body)).not.toContain('$2');
  });

  it('is for the user and admins only', async () => {
    expectProblem(await userExport(serverToken()), 403);
    expect((await userExport(adminToken())).status).toBe(200);
  });
});

describe('after the erasure', () => {
  beforeAll(async () => {
    const erased = await call(`/users/${ann.userId}`, { method: 'DELETE', token: ann.token });
    expect(erased.status).toBe(204);
  });

  it('the token sees nothing any more, and admins find nobody', async () => {
    expectProblem(await history(), 401);
    expectProblem(await userExport(), 401);
    expectProblem(await history('', serverToken()), 404, 'unknown_user');
    expectProblem(await userExport(adminToken()), 404, 'unknown_user');
  });

  it('whoever has the id next begins without a past', async () => {
    const answer = await call('/auth/register', {
      body: { user_id: ann.userId, name: 'Another', region: 'ASIA' },
    });
    expect(answer.status).toBe(201);
    await call('/score', { token: answer.body.token, body: { score: 1 } });
    await until('the new event is stored', async () => {
      const { events } = (await history('', answer.body.token)).body;
      return events.length > 0;
    });
    const { body } = await userExport(answer.body.token);
    expect(body).toMatchObject({
      account: { name: 'Another' },
      entries: [{ score: 1 }],
      history: { events: [{ value: 1 }] },
    });
    expect(body.history.events).toHaveLength(1);
  });
});
