import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import type { Authenticator, Caller, Role } from './auth.js';
import { Problem } from './problems.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by a guard; undefined on open routes that were called without a token. */
    caller: Caller | undefined;
  }
}

/** Who may call a route. Guards run before the body is read: 401 and 403 come before 400. */
export interface Guards {
  /** Anyone; a token that is sent must be valid all the same. */
  readonly anyone: onRequestHookHandler;
  readonly anyToken: onRequestHookHandler;
  /** Game servers, and admins. */
  readonly servers: onRequestHookHandler;
  readonly admins: onRequestHookHandler;
  /** Rankings: open, unless `READS_REQUIRE_TOKEN`. */
  readonly readers: onRequestHookHandler;
}

export function createGuards(auth: Authenticator, readsRequireToken: boolean): Guards {
  const anyone: onRequestHookHandler = (request, _reply, done) => {
    request.caller = auth.identify(request);
    done();
  };
  const anyToken: onRequestHookHandler = (request, _reply, done) => {
    request.caller = auth.require(request);
    done();
  };
  const only =
    (...roles: Role[]): onRequestHookHandler =>
    (request, _reply, done) => {
      request.caller = auth.require(request);
      if (!roles.includes(request.caller.role)) {
        throw new Problem('forbidden', `This needs a token with the role ${roles[0]}`);
      }
      done();
    };
  return {
    anyone,
    anyToken,
    servers: only('server', 'admin'),
    admins: only('admin'),
    readers: readsRequireToken ? anyToken : anyone,
  };
}

/** The caller of a route that a guard let through. */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new Error(`${request.routeOptions.url} has no guard`);
  return request.caller;
}

/** The act of an admin, for the audit. */
export function actOf(request: FastifyRequest): { actor: string; requestId: string } {
  return { actor: callerOf(request).user_id, requestId: request.id };
}
