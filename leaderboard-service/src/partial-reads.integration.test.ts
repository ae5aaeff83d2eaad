import { type DisposableRedis, startDisposableRedis } from '@leaderboard/local/disposable-redis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ServiceHarness, startService } from './testing/service-harness.js';

/** One region's Redis is down; the others go on. */
describe('a region whose Redis is down', () => {
  let asia: DisposableRedis;
  let service: ServiceHarness;
  let token: string;

  const get = async (url: string) => {
    const response = await service.app.inject({ url });
    return { status: response.statusCode, body: response.json() };
  };
  const post = async (user_id: string, region: string, score: number) => {
    const headers = { authorization: `Bearer ${token}` };
    const body = { user_id, region, score };
    const response = await service.app.inject({ method: 'POST', url: '/score', headers, body });
    return { status: response.statusCode, body: response.json() };
  };

  beforeAll(async () => {
    asia = await startDisposableRedis(process.env.PATH);
    service = await startService({ REDIS_URL_ASIA: asia.url, PARTITIONS: '2' });
    token = service.token({ user_id: 'game', role: 'server' });
    await vi.waitUntil(async () => (await get('/top')).status === 200, 10_000);
    for (const [userId, region, score] of [
      ['aiko', 'ASIA', 30],
      ['erik', 'EU', 20],
      ['nora', 'NA', 10],
    ] as const) {
      expect(await post(userId, region, score)).toMatchObject({ status: 200 });
    }
    expect((await get('/top')).body).toMatchObject({ total: 3 });
    await asia.process.stop();
    await vi.waitUntil(() => service.redis.all().some(({ ready }) => !ready), 10_000);
  });
  afterAll(async () => {
    await service.close();
    await asia.remove();
  });

  it('takes no writes, and says that nothing was applied', async () => {
    expect(await post('aiko', 'ASIA', 40)).toMatchObject({
      status: 503,
      body: { code: 'store_unavailable' },
    });
  });

  it('leaves the writes and reads of the others whole', async () => {
    expect(await post('erik', 'EU', 21)).toMatchObject({ status: 200, body: { rank: 1 } });
    expect(await get('/top?region=EU')).toMatchObject({ status: 200, body: { total: 1 } });
    expect(await get('/rank/nora?region=NA')).toMatchObject({ status: 200, body: { rank: 1 } });
  });

  it.each([
    '/top',
    '/rank/erik',
    '/around/erik',
    '/ranks?user_ids=erik,nora',
    '/score-at?percentile=50',
    '/around-score?score=15',
  ])('refuses %s over everyone, and answers without it when that is asked for', async (url) => {
    expect(await get(url)).toMatchObject({ status: 503, body: { code: 'shard_unavailable' } });
    const separator = url.includes('?') ? '&' : '?';
    const partial = await get(`${url}${separator}partial=true`);
    expect(partial).toMatchObject({ status: 200, body: { partial: ['ASIA'] } });
  });

  it('ranks the rest as if there were no others', async () => {
    const { body } = await get('/top?partial=true');
    expect(body).toMatchObject({
      total: 2,
      rows: [
        { rank: 1, user_id: 'erik' },
        { rank: 2, user_id: 'nora' },
      ],
    });
    const { body: ranks } = await get('/ranks?user_ids=aiko,nora&partial=true');
    expect(ranks).toMatchObject({ rows: [{ rank: 2, user_id: 'nora' }], not_found: ['aiko'] });
  });

  it('does not say of its users that they have no rank', async () => {
    for (const url of ['/rank/aiko?partial=true', '/around/aiko?partial=true']) {
      expect(await get(url)).toMatchObject({ status: 503, body: { code: 'shard_unavailable' } });
    }
  });

  it('is refused by its own name', async () => {
    expect(await get('/top?region=ASIA&partial=true')).toMatchObject({
      status: 503,
      body: { code: 'store_unavailable' },
    });
  });

  it('is marked in no answer that is whole', async () => {
    expect((await get('/top?region=EU&partial=true')).body).not.toHaveProperty('partial');
  });
});
