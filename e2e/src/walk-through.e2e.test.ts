import { describe, expect, inject, it } from 'vitest';
import { adminToken, call, freshId, register, serverToken } from './testing/client.js';

/** The calls of the README, through NGINX. */
describe('a new user', () => {
  it('registers, scores, and is on the boards of its region and of everyone', async () => {
    const { userId, token } = await register('ASIA');
    const written = await call('/score', { token, body: { score: 1500 } });
    expect(written.status).toBe(200);
    expect(written.body).toMatchObject({
      user_id: userId,
      region: 'ASIA',
      score: 1500,
      previous_score: null,
      best: true,
    });

    for (const region of ['asia', 'GLOBAL']) {
      const top = await call(`/top?region=${region}&limit=1000`);
      expect(top.body.rows.find((row: { user_id: string }) => row.user_id === userId)).toMatchObject({
        score: 1500,
      });
      const rank = await call(`/rank/${userId}?region=${region}`);
      expect(rank.body).toMatchObject({ user_id: userId, score: 1500, total: top.body.total });
      const around = await call(`/around/${userId}?region=${region}`);
      expect(around.body.self).toMatchObject({ rank: rank.body.rank });
      const ranks = await call(`/ranks?region=${region}&user_ids=${userId},nobody`);
      expect(ranks.body).toMatchObject({
        rows: [{ rank: rank.body.rank, user_id: userId }],
        not_found: ['nobody'],
      });
    }
    expect((await call(`/rank/${userId}?region=EU`)).status).toBe(404);
  });

  it('logs in with the password that was made for it', async () => {
    const { userId, password } = await register();
    const { status, body } = await call('/auth/login', { body: { user_id: userId, password } });
    expect(status).toBe(200);
    expect((await call('/auth/me', { token: body.token })).body.user_id).toBe(userId);
  });

  it('creates, sets and adds', async () => {
    const { token } = await register('NA');
    expect((await call('/score/create', { token, body: { initialScore: 10 } })).status).toBe(201);
    expect((await call('/score/create', { token, body: { initialScore: 99 } })).body).toMatchObject({
      created: false,
      score: 10,
    });
    expect((await call('/score/update', { token, body: { score: 4 } })).body.score).toBe(4);
    expect((await call('/score/add', { token, body: { delta: 3 } })).body.score).toBe(7);
  });
});

describe('who came first', () => {
  it('stands first among equal scores, and shares the rank when asked', async () => {
    const [first, second] = [freshId('tie'), freshId('tie')];
    const score = 4_000_000 + Math.floor(Math.random() * 1_000_000);
    const token = serverToken();
    await call('/score', { token, body: { user_id: first, region: 'NA', score } });
    await call('/score', { token, body: { user_id: second, region: 'EU', score } });
    const unique = await call(`/ranks?user_ids=${second},${first}`);
    expect(unique.body.rows.map((row: { user_id: string }) => row.user_id)).toEqual([first, second]);
    expect(unique.body.rows[1].rank).toBe(unique.body.rows[0].rank + 1);
    const shared = await call(`/ranks?user_ids=${second},${first}&ties=shared`);
    expect(shared.body.rows.map((row: { user_id: string }) => row.user_id)).toEqual([first, second]);
    expect(shared.body.rows[1].rank).toBe(shared.body.rows[0].rank);
  });
});

describe('duplicates', () => {
  it('sent five times at once are applied once', async () => {
    const { userId, token } = await register('EU');
    const headers = { 'idempotency-key': freshId('key') };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => call('/score/add', { token, body: { delta: 7 }, headers })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get('idempotency-replayed') === 'true')).toHaveLength(4);
    expect((await call(`/rank/${userId}`)).body.score).toBe(7);
  });
});

describe('an admin', () => {
  it('removes one entry', async () => {
    const { userId } = await register('EU', { initialScore: 3 });
    expect((await call(`/score/${userId}`, { method: 'DELETE', token: adminToken() })).status).toBe(204);
    expect((await call(`/rank/${userId}`)).status).toBe(404);
  });
});

describe('every answer', () => {
  it('bears the request id that was sent, and who answered', async () => {
    const answer = await call('/top', { headers: { 'x-request-id': 'my-request-1' } });
    expect(answer.headers.get('x-request-id')).toBe('my-request-1');
    const services = inject('stack').serviceUrls.map((url) => new URL(url).host);
    expect(services).toContain(answer.headers.get('x-upstream-addr'));
  });

  it('comes from all services in turn', async () => {
    const seen = new Set<string | null>();
    for (let count = 0; count < 8; count += 1) seen.add((await call('/top')).headers.get('x-upstream-addr'));
    expect(seen.size).toBe(inject('stack').serviceUrls.length);
  });
});

describe('GET /health of a gateway', () => {
  it('names every upstream and its state', async () => {
    const { status, body } = await call('/health');
    expect(status).toBe(200);
    const urls = body.upstreams.map((upstream: { url: string }) => upstream.url.replace(/\/$/, ''));
    expect(urls.sort()).toEqual(
      inject('stack')
        .serviceUrls.map((url) => url.replace(/\/$/, ''))
        .sort(),
    );
  });
});

describe('paging', () => {
  it('reaches everyone once while others overtake', async () => {
    const token = serverToken();
    const ids = Array.from({ length: 12 }, () => freshId('page'));
    for (const [at, id] of ids.entries()) {
      await call('/score', { token, body: { user_id: id, region: 'NA', score: -1_000_000 - at } });
    }
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await call(`/top?region=NA&limit=5${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.rows.map((row: { user_id: string }) => row.user_id));
      cursor = body.next_cursor ?? '';
      await call('/score', { token, body: { user_id: freshId('newcomer'), region: 'NA', score: 2_000_000 } });
    } while (cursor !== '');
    expect(seen.filter((id) => ids.includes(id))).toEqual(ids);
  });
});
