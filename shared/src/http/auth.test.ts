import type { FastifyRequest } from 'fastify';
import Fastify from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Caller, mintToken, registerAuth } from './auth.js';

const secret = 'a secret that is long enough for HS256';
const caller: Caller = { user_id: 'alice', name: 'Alice', region: 'EU', role: 'server' };
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

const requestWith = (token: string) =>
  ({ headers: { authorization: `Bearer ${token}` } }) as unknown as FastifyRequest;

afterEach(() => vi.useRealTimers());

describe('tokens', () => {
  it('live as many seconds as asked for, minted by a command or signed by a service', async () => {
    const auth = await registerAuth(Fastify(), secret, 600);
    for (const token of [mintToken(caller, secret, 600), auth.sign(caller)]) {
      const { iat, exp, iss, aud } = claimsOf(token);
      expect(exp - iat).toBe(600);
      expect({ iss, aud }).toEqual({ iss: 'leaderboard', aud: 'leaderboard' });
    }
  });

  it('are no longer taken when they expire, though their caller is remembered', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const auth = await registerAuth(Fastify(), secret, 600);
    const token = auth.sign(caller);
    const request = requestWith(token);
    expect(auth.require(request)).toMatchObject(caller);
    expect(auth.verify(token)).toMatchObject(caller);
    vi.advanceTimersByTime(599_000);
    expect(auth.require(request)).toMatchObject(caller);
    vi.advanceTimersByTime(1_001);
    expect(() => auth.require(request)).toThrow('not valid');
    expect(() => auth.verify(token)).toThrow('not valid');
  });

  it('of one caller are never taken for those of another', async () => {
    const auth = await registerAuth(Fastify(), secret, 600);
    const requests = ['alice', 'bob'].map((user_id) => requestWith(auth.sign({ ...caller, user_id })));
    for (let round = 0; round < 2; round++)
      expect(requests.map((request) => auth.require(request).user_id)).toEqual(['alice', 'bob']);
  });
});
