import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { call, expectProblem, freshId, mint, register } from './testing/client.js';

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const nowSeconds = () => Math.floor(Date.now() / 1000);
const goodClaims = () => ({
  user_id: 'mallory',
  name: 'Mallory',
  region: 'EU',
  role: 'admin',
  iss: 'leaderboard',
  aud: 'leaderboard',
  iat: nowSeconds(),
  exp: nowSeconds() + 600,
});

function forge(
  claims: object,
  header: object = { alg: 'HS256', typ: 'JWT' },
  secret = inject('stack').jwtSecret,
) {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

const without = (claim: string) =>
  Object.fromEntries(Object.entries(goodClaims()).filter(([name]) => name !== claim));
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** On a gateway and on a service called directly, which checks for itself. */
const places = [
  ['through NGINX', () => inject('stack').url],
  ['at a gateway', () => inject('stack').gatewayUrls[0] as string],
  ['at a service', () => inject('stack').serviceUrls[0] as string],
] as const;

describe.each(places)('a token %s', (_, base) => {
  const me = (token: string) => call('/auth/me', { token, base: base() });

  it('is taken when all its claims are right', async () => {
    const { body } = await me(forge(goodClaims()));
    expect(body).toMatchObject({ user_id: 'mallory', role: 'admin' });
  });

  it.each<[string, () => string]>([
    ['alg none', () => `${encode({ alg: 'none' })}.${encode(goodClaims())}.`],
    ['alg none with the signature of HS256', () => forge(goodClaims(), { alg: 'none' })],
    ['another secret', () => forge(goodClaims(), undefined, 'x'.repeat(40))],
    [
      'a changed payload',
      () => forge(goodClaims()).replace(/\.[^.]+\./, `.${encode({ ...goodClaims(), user_id: 'root' })}.`),
    ],
    ['an expiry in the past', () => forge({ ...goodClaims(), exp: nowSeconds() - 10 })],
    ['a beginning in the future', () => forge({ ...goodClaims(), nbf: nowSeconds() + 600 })],
    ['no expiry', () => forge(without('exp'))],
    ['another audience', () => forge({ ...goodClaims(), aud: 'somebody-else' })],
    ['no audience', () => forge(without('aud'))],
    ['another issuer', () => forge({ ...goodClaims(), iss: 'somebody-else' })],
    ['an unknown role', () => forge({ ...goodClaims(), role: 'root' })],
    [
      'RS256, signed with a key of its own',
      () => {
        const text = `${encode({ alg: 'RS256' })}.${encode(goodClaims())}`;
        return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
      },
    ],
    [
      'HS256 keyed with a public key',
      () => forge(goodClaims(), undefined, publicKey.export({ type: 'spki', format: 'pem' }).toString()),
    ],
    ['nonsense', () => 'a.b.c'],
  ])('is refused with %s', async (_name, token) => {
    expectProblem(await me(token()), 401, 'unauthorized');
  });

  it('is asked for, and the refusal says where to get one', async () => {
    const answer = await call('/score', { body: { score: 1 }, base: base() });
    expectProblem(answer, 401, 'unauthorized');
    expect(answer.body.detail).toContain('/auth/register');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });
});

describe('identity', () => {
  it('comes from the token alone, not from headers that a client sends', async () => {
    const { userId, token } = await register('EU');
    const headers = {
      'x-user-id': 'root',
      'x-user-role': 'admin',
      'x-forwarded-user': 'root',
      'x-region': 'NA',
    };
    const { body } = await call('/auth/me', { token, headers });
    expect(body).toMatchObject({ user_id: userId, role: 'player', region: 'EU' });
  });

  it('does not let a player act as an admin', async () => {
    const { token, userId } = await register('EU', { initialScore: 1 });
    expectProblem(await call(`/score/${userId}`, { method: 'DELETE', token }), 403, 'forbidden');
  });

  it('does not let a player into an account by guessing', async () => {
    const { userId } = await register();
    const wrong = await call('/auth/login', { body: { user_id: userId, password: 'password123' } });
    const unknown = await call('/auth/login', { body: { user_id: freshId(), password: 'password123' } });
    expectProblem(wrong, 401, 'bad_credentials');
    expect({ ...wrong.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
  });

  it('is not found where the role is too low', async () => {
    expectProblem(
      await call('/score/anyone', { method: 'DELETE', token: mint({ user_id: 'gs', role: 'server' }) }),
      403,
    );
  });
});
