import fastifyJwt from '@fastify/jwt';
import { createSigner } from 'fast-jwt';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { namePattern, regionPattern, userIdPattern } from '../contracts/fields.js';
import { Problem } from './problems.js';

export type Role = 'player' | 'server' | 'admin';
const roles: readonly string[] = ['player', 'server', 'admin'] satisfies Role[];

/** Who is calling, as the token says. */
export interface Caller {
  user_id: string;
  name: string;
  region: string;
  role: Role;
  /**
   * Version of the account, by which one that was erased is told from the next with the same id. Tokens without it count
   * as issued for the account of their time.
   */
  account_version?: number;
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: Caller;
    user: Caller;
  }
}

/** Callers that are remembered, about 1 kB each. */
const tokensKept = 100_000;

const issuer = 'leaderboard';
const audience = 'leaderboard';

const userId = new RegExp(userIdPattern, 'u');
const name = new RegExp(namePattern, 'u');
const region = new RegExp(regionPattern, 'u');

/** Whether claims name somebody who could have registered. */
function isCaller(claims: Caller): boolean {
  const matches = (pattern: RegExp, claim: unknown) => typeof claim === 'string' && pattern.test(claim);
  return (
    roles.includes(claims.role) &&
    matches(userId, claims.user_id) &&
    matches(name, claims.name) &&
    matches(region, claims.region) &&
    (claims.account_version === undefined || Number.isSafeInteger(claims.account_version))
  );
}

/**
 * A token outside an HTTP process: for commands such as `npm run token`.
 * @throws {RangeError} for a caller whom no service would know
 */
export function mintToken(caller: Caller, secret: string, ttlSeconds: number): string {
  if (!isCaller(caller))
    throw new RangeError('user_id, name, region or role is not one that can be registered');
  const sign = createSigner({
    key: secret,
    algorithm: 'HS256',
    iss: issuer,
    aud: audience,
    expiresIn: ttlSeconds * 1000,
  });
  return sign({ ...caller });
}

export interface Authenticator {
  sign(caller: Caller): string;
  /** The caller, or undefined when no token was sent. @throws {Problem} 401 for a bad one. */
  identify(request: FastifyRequest): Caller | undefined;
  /** @throws {Problem} 401 when it is not valid (any more). */
  verify(token: string): Caller;
  /** @throws {Problem} 401 when there is no token or a bad one. */
  require(request: FastifyRequest): Caller;
}

/**
 * HS256 only, issuer, audience and expiry required. Callers are remembered by their header until their token expires, so that
 * few tokens are verified twice.
 */
export async function registerAuth(
  app: FastifyInstance,
  secret: string,
  ttlSeconds: number,
): Promise<Authenticator> {
  await app.register(fastifyJwt, {
    secret,
    sign: { algorithm: 'HS256', iss: issuer, aud: audience, expiresIn: ttlSeconds },
    verify: {
      algorithms: ['HS256'],
      allowedIss: issuer,
      allowedAud: audience,
      requiredClaims: ['exp', 'iat', 'iss', 'aud', 'user_id', 'name', 'region', 'role'],
    },
  });
  const known = new LRUCache<string, Verified>({ max: tokensKept });

  const callerOf = (header: string): Caller => {
    const remembered = known.get(header);
    if (remembered && Date.now() < remembered.expiresAtMs) return remembered.caller;
    const token = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header)?.[1];
    if (token === undefined) throw unauthorized('What was sent is not "Bearer <token>"');
    const verified = verify(app, token);
    known.set(header, verified);
    return verified.caller;
  };
  const identify = ({ headers }: FastifyRequest): Caller | undefined =>
    headers.authorization === undefined ? undefined : callerOf(headers.authorization);
  return {
    sign: (caller) => app.jwt.sign(caller),
    identify,
    verify: (token) => callerOf(`Bearer ${token}`),
    require(request) {
      const caller = identify(request);
      if (!caller) throw unauthorized('No token was sent');
      return caller;
    },
  };
}

interface Verified {
  readonly caller: Caller;
  readonly expiresAtMs: number;
}

function verify(app: FastifyInstance, token: string): Verified {
  let claims: Caller & { iat: number; exp: number };
  try {
    claims = app.jwt.verify(token);
  } catch {
    throw unauthorized('The token is not valid (any more)');
  }
  if (!isCaller(claims)) throw unauthorized('The token is not one of ours');
  claims.account_version ??= claims.iat * 1_000_000;
  return { caller: Object.freeze(claims), expiresAtMs: claims.exp * 1000 };
}

export function unauthorized(what: string): Problem {
  return new Problem(
    'unauthorized',
    `${what}. Send "Authorization: Bearer <token>"; a token comes from POST /auth/register or POST /auth/login`,
    { headers: { 'www-authenticate': 'Bearer' } },
  );
}

/** Whether a token is for this account, and not for an erased one that had the same id. */
export function isFor(caller: Caller, account: { readonly version: number } | undefined): boolean {
  return account !== undefined && account.version <= (caller.account_version ?? 0);
}

export const accountGone = () => unauthorized('The account of this token was erased');
