import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { type Caller, mintToken, registerAuth } from './auth.js';

const secret = 'a secret that is long enough for HS256';
const caller: Caller = { user_id: 'alice', name: 'Alice', region: 'EU', role: 'server' };
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

describe('tokens', () => {
  it('live as many seconds as asked for, minted by a command or signed by a service', async () => {
    const auth = await registerAuth(Fastify(), secret, 600);
    for (const token of [mintToken(caller, secret, 600), auth.sign(caller)]) {
      const { iat, exp, iss, aud } = claimsOf(token);
      expect(exp - iat).toBe(600);
      expect({ iss, aud }).toEqual({ iss: 'leaderboard', aud: 'leaderboard' });
    }
  });
});
