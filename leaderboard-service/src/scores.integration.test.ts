import { parseQueueMessage } from '@leaderboard/shared/contracts/queue-message';
import { queueKey, shardKey, userKey } from '@leaderboard/shared/topology/keys';
import type { Shard } from '@leaderboard/shared/topology/shards';
import supertest from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ServiceHarness, startService } from './testing/service-harness.js';

const maxScore = Number.MAX_SAFE_INTEGER;

let service: ServiceHarness;
const environment: Record<string, string> = {
  USER_WRITES_PER_SECOND: '1',
  USER_WRITES_BURST: '8',
  QUEUE_MAX: '30',
};
beforeAll(async () => {
  service = await startService(environment);
});
beforeEach(() => service.reset());
afterAll(() => service.close());

const alice = () => service.token({ user_id: 'alice', name: 'Alice', region: 'EU' });
const server = () => service.token({ user_id: 'game-server', role: 'server' });

function post(path: string, token: string, body: object, headers: Record<string, string> = {}) {
  return supertest(service.app.server).post(path).auth(token, { type: 'bearer' }).set(headers).send(body);
}

const shardOf = (region: string) => service.services.shards.home(region, 'any') as Shard;
async function messages(region: string) {
  const shard = shardOf(region);
  const items = (await service.redis.of(shard).send(['LRANGE', queueKey(shard), '0', '-1'])) as string[];
  return items.map((item) => {
    const parsed = parseQueueMessage(item);
    if ('reason' in parsed) throw new Error(`${parsed.reason}: ${item}`);
    return parsed.message;
  });
}

describe('POST /score', () => {
  it('answers the entry, its rank and what it replaced', async () => {
    await post('/score', alice(), { score: 100 }).expect(200);
    const { body } = await post('/score', alice(), { score: 150 }).expect(200);
    expect(body).toMatchObject({
      user_id: 'alice',
      name: 'Alice',
      region: 'EU',
      game: 'default',
      score: 150,
      previous_score: 100,
      rank: 1,
      best: true,
    });
    expect(body.updated_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('keeps the best, and the time at which it was reached', async () => {
    const first = await post('/score', alice(), { score: 150 });
    const { body } = await post('/score', alice(), { score: 120 }).expect(200);
    expect(body).toMatchObject({
      score: 150,
      previous_score: 150,
      best: false,
      updated_at: first.body.updated_at,
    });
  });

  it('queues one message for each accepted write, versions rising', async () => {
    await post('/score', alice(), { score: 150 }, { 'x-request-id': 'trace-1' });
    await post('/score', alice(), { score: 120 });
    const [second, first] = await messages('EU');
    expect(first).toMatchObject({
      user_id: 'alice',
      op: 'best',
      value: 150,
      score: 150,
      request_id: 'trace-1',
    });
    expect(second).toMatchObject({ value: 120, score: 150 });
    expect(second?.version).toBeGreaterThan(first?.version ?? Number.POSITIVE_INFINITY);
  });

  it.each([maxScore, -maxScore, 0])('keeps %d to the last digit', async (score) => {
    await post('/score/update', alice(), { score }).expect(200);
    const shard = shardOf('EU');
    expect(await service.redis.of(shard).send(['HGET', userKey(shard, 'alice'), 'score'])).toBe(
      String(score),
    );
    const { body } = await supertest(service.app.server).get('/rank/alice');
    expect(body.score).toBe(score);
  });
});

describe('POST /score/update and /score/add', () => {
  it('set up or down', async () => {
    await post('/score/update', alice(), { score: 50 });
    const { body } = await post('/score/update', alice(), { score: -7 }).expect(200);
    expect(body).toMatchObject({ score: -7, previous_score: 50, best: true });
  });

  it('add, from zero for a new entry', async () => {
    await post('/score/add', alice(), { delta: 5 });
    const { body } = await post('/score/add', alice(), { delta: -2 }).expect(200);
    expect(body).toMatchObject({ score: 3, previous_score: 5 });
  });

  it('refuse a sum beyond 2^53−1 and leave the entry as it was', async () => {
    await post('/score/update', alice(), { score: maxScore });
    const { body } = await post('/score/add', alice(), { delta: 1 }).expect(422);
    expect(body.code).toBe('score_out_of_range');
    const rank = await supertest(service.app.server).get('/rank/alice');
    expect(rank.body.score).toBe(maxScore);
    expect(await messages('EU')).toHaveLength(1);
  });
});

describe('POST /score/create', () => {
  it('makes an entry at 0 unless told otherwise', async () => {
    const { body } = await post('/score/create', alice(), {}).expect(201);
    expect(body).toMatchObject({ created: true, score: 0, previous_score: null, rank: 1 });
  });

  it('never resets one', async () => {
    await post('/score', alice(), { score: 9 });
    const { body } = await post('/score/create', alice(), { initialScore: 1 }).expect(200);
    expect(body).toMatchObject({ created: false, score: 9 });
    expect(await messages('EU')).toHaveLength(1);
  });
});

describe('Idempotency-Key', () => {
  const key = { 'idempotency-key': 'order-66' };

  it('applies five requests at once only once, with five equal answers', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => post('/score/add', alice(), { delta: 10 }, key)),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.map(({ headers }) => headers['idempotency-replayed']).filter(Boolean)).toHaveLength(4);
    expect(answers[0]?.body).toMatchObject({ score: 10, previous_score: null });
    expect(await messages('EU')).toHaveLength(1);
  });

  it('refuses the same key with another body', async () => {
    await post('/score/add', alice(), { delta: 10 }, key);
    const { body } = await post('/score/add', alice(), { delta: 11 }, key).expect(422);
    expect(body.code).toBe('idempotency_mismatch');
  });

  it('belongs to one user', async () => {
    await post('/score/add', alice(), { delta: 10 }, key);
    const bob = service.token({ user_id: 'bob', region: 'EU' });
    const { headers, body } = await post('/score/add', bob, { delta: 10 }, key).expect(200);
    expect(headers['idempotency-replayed']).toBeUndefined();
    expect(body.score).toBe(10);
  });

  it.each(['', 'x'.repeat(129), 'a b'])('is refused when it is "%s"', async (bad) => {
    await post('/score', alice(), { score: 1 }, { 'idempotency-key': bad }).expect(400);
  });
});

describe('limits', () => {
  it('stop a user after its burst, with Retry-After, and not a game server', async () => {
    for (let write = 0; write < 8; write += 1) await post('/score', alice(), { score: write }).expect(200);
    const refused = await post('/score', alice(), { score: 99 }).expect(429);
    expect(refused.body.code).toBe('user_rate_limited');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    await post('/score', server(), { user_id: 'carol', region: 'EU', score: 1 }).expect(200);
  });

  it('do not count a replay or a refusal', async () => {
    const key = { 'idempotency-key': 'k' };
    for (let write = 0; write < 12; write += 1) await post('/score', alice(), { score: 1 }, key).expect(200);
    for (let write = 0; write < 7; write += 1) await post('/score', alice(), { score: write }).expect(200);
  });

  it('keep at most QUEUE_MAX messages waiting, exactly', async () => {
    const writes = Array.from({ length: 40 }, (_, user) =>
      post('/score', server(), { user_id: `user-${user}`, region: 'EU', score: user }),
    );
    const answers = await Promise.all(writes);
    const full = answers.filter(({ status }) => status === 429);
    expect(full).toHaveLength(10);
    expect(full[0]?.body.code).toBe('queue_full');
    expect(await messages('EU')).toHaveLength(30);
    const { body } = await supertest(service.app.server).get('/top?region=EU');
    expect(body.total).toBe(30);
  });
});

describe('Retry-After of a full queue', () => {
  const shard = () => shardOf('EU');
  const drainedAtUs = (agoSeconds: number) => String((Date.now() / 1000 - agoSeconds) * 1_000_000);
  async function refusal(fields: string[]) {
    await service.redis.of(shard()).send(['HSET', shardKey(shard()), ...fields]);
    for (let user = 0; user < 30; user += 1) {
      await post('/score', server(), { user_id: `user-${user}`, region: 'EU', score: user });
    }
    return post('/score', server(), { user_id: 'one-more', region: 'EU', score: 1 }).expect(429);
  }

  it('is short where workers are fast', async () => {
    const { headers } = await refusal(['drain_rate', '1000', 'drained_at', drainedAtUs(0)]);
    expect(headers['retry-after']).toBe('1');
  });

  it('grows with the time that a tenth of the queue takes', async () => {
    const { headers } = await refusal(['drain_rate', '0.25', 'drained_at', drainedAtUs(0)]);
    expect(headers['retry-after']).toBe('12');
  });

  it('grows while nothing is drained, up to half a minute', async () => {
    const { headers } = await refusal(['drain_rate', '1000', 'drained_at', drainedAtUs(3600)]);
    expect(headers['retry-after']).toBe('30');
  });
});

describe('who may write', () => {
  it.each([
    ['another user', { user_id: 'bob' }],
    ['another region', { region: 'NA' }],
    ['another name', { name: 'Bob' }],
  ])('a player may not name %s', async (_, extra) => {
    await post('/score', alice(), { score: 1, ...extra }).expect(403);
    expect(await messages('EU')).toHaveLength(0);
  });

  it('a player may repeat what its token says', async () => {
    await post('/score', alice(), { score: 1, user_id: 'alice', region: 'eu', name: 'Alice' }).expect(200);
  });

  it('a server must name the user', async () => {
    const { body } = await post('/score', server(), { score: 1 }).expect(400);
    expect(body.errors).toEqual([{ path: 'body/user_id', message: expect.any(String) }]);
  });

  it("a server's first score of an unknown user claims the home region", async () => {
    const { body } = await post('/score', server(), { user_id: 'dora', region: 'NA', score: 1 }).expect(200);
    expect(body).toMatchObject({ user_id: 'dora', name: 'dora', region: 'NA' });
    const elsewhere = await post('/score', server(), { user_id: 'dora', region: 'EU', score: 1 }).expect(409);
    expect(elsewhere.body.code).toBe('region_mismatch');
    const home = await post('/score', server(), { user_id: 'dora', name: 'Dora', score: 2 }).expect(200);
    expect(home.body).toMatchObject({ region: 'NA', name: 'Dora' });
  });

  it('a claimed id cannot be registered by a stranger', async () => {
    await post('/score', server(), { user_id: 'emil', region: 'NA', score: 1 });
    const register = supertest(service.app.server).post('/auth/register');
    const { body } = await register.send({ user_id: 'emil', name: 'Stranger' }).expect(409);
    expect(body.code).toBe('user_exists');
  });
});

describe('a server that posts for a registered user', () => {
  it('leaves the name that the user chose', async () => {
    await supertest(service.app.server)
      .post('/auth/register')
      .send({ user_id: 'greta', name: 'Greta G.', region: 'EU' });
    const { body } = await post('/score', server(), { user_id: 'greta', score: 1 }).expect(200);
    expect(body).toMatchObject({ name: 'Greta G.', region: 'EU' });
  });
});

describe('a refused write of a server', () => {
  it('leaves no trace of the user it named', async () => {
    await post('/score', server(), { user_id: 'hugo', region: 'NA', game: 'no-such-game', score: 1 }).expect(
      404,
    );
    await supertest(service.app.server)
      .post('/auth/register')
      .send({ user_id: 'hugo', name: 'Hugo' })
      .expect(201);
  });
});

describe('POST /scores', () => {
  const bulk = (body: object | string, type = 'application/json', token = server()) =>
    supertest(service.app.server)
      .post('/scores')
      .auth(token, { type: 'bearer' })
      .set('content-type', type)
      .send(typeof body === 'string' ? body : JSON.stringify(body));

  it('answers each event in order, and no bad one sinks its neighbours', async () => {
    const { body } = await bulk(
      '{"events":[{"user_id":"b1","region":"EU","score":5},{"user_id":"b2","score":1.5},{"user_id":"b 3","score":1},' +
        '{"user_id":"b1","delta":2},{"user_id":"b1","region":"NA","score":9},{"user_id":"b4","game":"nope","score":1},' +
        '{"user_id":"b5"},{"user_id":"b1","region":"MARS","score":1},null,{"user_id":"b6","score":6,"__proto__":{"x":1}}]}',
    ).expect(200);
    expect(
      body.results.map(
        (result: { ok: boolean; code?: string; score?: number }) => result.code ?? result.score,
      ),
    ).toEqual([
      5,
      'invalid_request',
      'invalid_request',
      7,
      'region_mismatch',
      'unknown_game',
      'invalid_request',
      'unknown_region',
      'invalid_request',
      'invalid_request',
    ]);
    expect(await messages('EU')).toHaveLength(2);
  });

  it('takes one event a line, and says which line is broken', async () => {
    const lines =
      '{"user_id":"n1","region":"EU","score":5}\n{"user_id":\n\n{"user_id":"n2","region":"EU","score":4}\n';
    const { body } = await bulk(lines, 'application/x-ndjson').expect(200);
    expect(body.results.map((result: { ok: boolean }) => result.ok)).toEqual([true, false, true]);
    expect(body.results[1].code).toBe('malformed_body');
  });

  it('writes many at once as if one by one, several for a user among them', async () => {
    const events = Array.from({ length: 30 }, (_, at) => ({
      user_id: `m${at % 12}`,
      region: 'EU',
      score: (at * 7_919) % 1_000,
    }));
    const { body } = await bulk({ events }).expect(200);
    const best = new Map<string, number>();
    for (const [at, { user_id: userId, score }] of events.entries()) {
      const previous = best.get(userId) ?? null;
      best.set(userId, Math.max(previous ?? 0, score));
      expect(body.results[at]).toMatchObject({
        ok: true,
        user_id: userId,
        score: best.get(userId),
        previous_score: previous,
        best: best.get(userId) !== previous,
      });
    }
    const { body: top } = await supertest(service.app.server).get('/top?region=EU&limit=100').expect(200);
    const scores = [...best.values()].sort((a, b) => b - a);
    expect(top.rows.map(({ score }: { score: number }) => score)).toEqual(scores);
    for (const { user_id: userId, score } of top.rows) expect(score).toBe(best.get(userId));
    const versions = (await messages('EU')).map(({ version }) => version).reverse();
    expect(versions).toHaveLength(30);
    expect(versions).toEqual([...versions].sort((x, y) => x - y));
  });

  it('applies an event_id once', async () => {
    const events = [{ user_id: 'i1', region: 'EU', delta: 5, event_id: 'e-1' }];
    const first = await bulk({ events }).expect(200);
    const second = await bulk({ events: [...events, ...events] }).expect(200);
    expect(second.body.results).toEqual([0, 1].map(() => ({ ...first.body.results[0], replayed: true })));
    expect((await messages('EU'))[0]?.event_id).toBe('e-1');
  });

  it.each([
    ['no event', { events: [] }],
    ['1001 events', { events: Array.from({ length: 1001 }, () => ({ user_id: 'x', score: 1 })) }],
    ['no list', { events: 'x' }],
    ['another shape', []],
    ['half a body', '{"events":['],
  ])('refuses %s as a whole', async (_, body) => {
    await bulk(body).expect(400);
    await bulk('', 'application/x-ndjson').expect(400);
  });

  it('refuses over 1 MiB, and other types', async () => {
    await bulk(`{"events":[${' '.repeat(1024 * 1024)}]}`).expect(413);
    await bulk('{}', 'text/plain').expect(415);
  });

  it.each(['application/json', 'application/x-ndjson'])('refuses a compressed body of %s', async (type) => {
    const event = '{"user_id":"x","region":"EU","score":1}';
    const { body } = await bulk(event, type).set('content-encoding', 'gzip').expect(415);
    expect(body.code).toBe('unsupported_media_type');
  });

  it('is for game servers', async () => {
    await bulk({ events: [{ user_id: 'x', score: 1 }] }, 'application/json', alice()).expect(403);
  });
});

describe('DELETE /score/:userId', () => {
  const remove = (token: string) =>
    supertest(service.app.server).delete('/score/fred').auth(token, { type: 'bearer' });
  const admin = () => service.token({ user_id: 'root', role: 'admin' });

  it('removes one entry and says so in the queue', async () => {
    await post('/score', server(), { user_id: 'fred', region: 'NA', score: 1 });
    await remove(admin()).expect(204);
    await supertest(service.app.server).get('/rank/fred').expect(404);
    const [removal] = await messages('NA');
    expect(removal).toMatchObject({ op: 'remove', user_id: 'fred', score: null, value: null });
    await remove(admin()).expect(404);
  });

  it('is for admins', async () => {
    await remove(alice()).expect(403);
    await remove(server()).expect(403);
  });
});
