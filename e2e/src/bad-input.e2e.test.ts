import { beforeAll, describe, expect, it } from 'vitest';
import { type Call, call, expectProblem, freshId, register, serverToken } from './testing/client.js';

/** What clients send by mistake or on purpose, through NGINX: one row, one test. */

let player: { userId: string; token: string };
beforeAll(async () => {
  player = await register('EU', { initialScore: 5 });
});

const score = () => call(`/rank/${player.userId}`);
const postScore = (body: Call['body'], headers: Record<string, string> = {}) =>
  call('/score', { token: player.token, body: body ?? '', headers });

describe('POST /score refuses with 400 and changes nothing', () => {
  it.each<[string, string | object | Uint8Array]>([
    ['an empty body', ''],
    ['truncated JSON', '{"score":'],
    ['a root array', '[]'],
    ['a root null', 'null'],
    ['a root string', '"score"'],
    ['a missing score', '{}'],
    ['a score as a string', '{"score":"5"}'],
    ['a null score', '{"score":null}'],
    ['a boolean score', '{"score":true}'],
    ['a fraction', '{"score":1.5}'],
    ['NaN', '{"score":NaN}'],
    ['1e400', '{"score":1e400}'],
    ['2^53+1', '{"score":9007199254740993}'],
    ['2^53', '{"score":9007199254740992}'],
    ['negative zero', '{"score":-0}'],
    ['a fraction that parsing would round away', '{"score":9007199254740990.6}'],
    ['an unknown property', '{"score":1,"sc0re":2}'],
    ['__proto__', '{"score":1,"__proto__":{"role":"admin"}}'],
    ['constructor.prototype', '{"score":1,"constructor":{"prototype":{"role":"admin"}}}'],
    ['10 000-deep nesting', `{"score":${'['.repeat(5000)}${']'.repeat(5000)}}`],
    [
      'invalid UTF-8',
      new Uint8Array([...Buffer.from('{"score":1,"name":"'), 0xff, 0xfe, ...Buffer.from('"}')]),
    ],
    ['an unknown region', '{"score":1,"region":"MARS"}'],
  ])('%s', async (_, body) => {
    expectProblem(await postScore(body), 400);
    expect((await score()).body.score).toBe(5);
  });

  it.each([
    ['empty', ''],
    ['too long', 'k'.repeat(129)],
  ])('an Idempotency-Key that is %s', async (_, key) => {
    expectProblem(await postScore({ score: 1 }, { 'idempotency-key': key }), 400);
  });
});

describe('POST /score refuses', () => {
  it('a sum beyond 2^53−1 with 422', async () => {
    const { token, userId } = await register('EU', { initialScore: Number.MAX_SAFE_INTEGER });
    expectProblem(await call('/score/add', { token, body: { delta: 1 } }), 422, 'score_out_of_range');
    expect((await call(`/rank/${userId}`)).body.score).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('a body over 16 KiB with 413', async () => {
    expectProblem(await postScore(`{"score":1,"name":"${'x'.repeat(17_000)}"}`), 413, 'payload_too_large');
  });

  it.each(['text/plain', 'application/json\ta', 'application/xml', 'application/jsonx'])(
    'the content type "%s" with 415',
    async (contentType) => {
      expectProblem(await postScore('{"score":1}', { 'content-type': contentType }), 415);
    },
  );

  it('no content type with 415', async () => {
    const answer = await call('/score', {
      token: player.token,
      body: Buffer.from('{"score":1}'),
      headers: { 'content-type': '' },
    });
    expectProblem(answer, 415);
  });

  it('a compressed body with 415', async () => {
    const { gzipSync } = await import('node:zlib');
    expectProblem(await postScore(gzipSync('{"score":1}'), { 'content-encoding': 'gzip' }), 415);
  });

  it("another user's id with 403", async () => {
    expectProblem(await postScore({ score: 1, user_id: 'somebody' }), 403, 'forbidden');
  });

  it('an unknown game with 404', async () => {
    expectProblem(await postScore({ score: 1, game: 'no-such-game' }), 404, 'unknown_game');
  });

  it('the same key with another body with 422', async () => {
    const { token } = await register();
    const headers = { 'idempotency-key': 'once' };
    await call('/score', { token, body: { score: 1 }, headers });
    expectProblem(await call('/score', { token, body: { score: 2 }, headers }), 422, 'idempotency_mismatch');
  });

  it('too many writes of one user with 429 and Retry-After', async () => {
    const { token } = await register();
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => call('/score', { token, body: { score: 1 } })),
    );
    const refused = answers.find(({ status }) => status === 429);
    expect(refused).toBeDefined();
    if (refused) expectProblem(refused, 429, 'user_rate_limited');
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });
});

describe('POST /auth/register refuses', () => {
  const names = { user_id: 'ok', name: 'ok' };
  it.each<[string, object]>([
    ['U+0000 in the id', { user_id: 'a\u0000b' }],
    ['U+0000 in the name', { name: 'a\u0000b' }],
    ['a control character in the name', { name: 'a\u0007b' }],
    ['a bidi override in the name', { name: 'a\u202eb' }],
    ['an opening brace in the id', { user_id: 'a{b' }],
    ['a closing brace in the id', { user_id: 'a}b' }],
    ['a colon in the id', { user_id: 'a:b' }],
    ['a space in the id', { user_id: 'a b' }],
    ['an empty id', { user_id: '' }],
    ['a long id', { user_id: 'x'.repeat(65) }],
    ['dots for an id', { user_id: '..' }],
    ['an empty name', { name: '' }],
    ['a long name', { name: 'x'.repeat(65) }],
    ['a password over 72 bytes', { password: 'ü'.repeat(37) }],
    ['a password with U+0000', { password: 'password\u0000' }],
    ['an unknown region', { region: 'MARS' }],
    ['a fractional first score', { initialScore: 0.5 }],
  ])('%s with 400', async (_, wrong) => {
    expectProblem(await call('/auth/register', { body: { ...names, user_id: freshId(), ...wrong } }), 400);
  });

  it('a lone surrogate in the name with 400', async () => {
    const body = `{"user_id":"${freshId()}","name":"a\\ud800b"}`;
    expectProblem(await call('/auth/register', { body }), 400);
  });

  it('an id that is taken with 409', async () => {
    const body = { user_id: player.userId, name: 'x' };
    expectProblem(await call('/auth/register', { body }), 409, 'user_exists');
  });
});

describe('reads refuse', () => {
  it.each([
    '/top?region=MARS',
    '/top?window=fortnight',
    '/top?ties=maybe',
    '/top?limit=0',
    '/top?limit=-1',
    '/top?limit=abc',
    '/top?limit=1e9',
    '/top?limit=',
    '/top?limit=1&limit=2',
    '/top?region=EU&region=NA',
    '/top?cursor=broken',
    '/top?cursor=',
    '/top?unknown=1',
    '/around/alice?range=0',
    '/around/alice?range=101',
    '/ranks',
    '/ranks?user_ids=',
    '/ranks?user_ids=a,,b',
    `/ranks?user_ids=${Array.from({ length: 201 }, (_, at) => `u${at}`).join(',')}`,
    '/rank/a%7Bb',
    '/rank/a%20b',
    `/rank/${'x'.repeat(65)}`,
  ])('%s with 400', async (path) => {
    expectProblem(await call(path), 400);
  });

  it.each(['/top?game=no-such-game', '/rank/nobody-at-all', '/around/nobody-at-all', '/no/such/path'])(
    '%s with 404',
    async (path) => {
      expectProblem(await call(path), 404);
    },
  );
});

describe('methods', () => {
  it.each([
    ['PUT', '/score', 'POST'],
    ['DELETE', '/top', 'GET, HEAD'],
    ['PATCH', '/rank/alice', 'GET, HEAD'],
  ])('%s %s answers 405 and what is allowed', async (method, path, allow) => {
    const answer = await call(path, { method, token: serverToken() });
    expectProblem(answer, 405, 'method_not_allowed');
    expect(answer.headers.get('allow')).toBe(allow);
  });
});
