import type { Authenticator } from '@leaderboard/shared/http/auth';
import type { onRequestHookHandler } from 'fastify';
import type { TokenRule } from '../policies.js';

/**
 * Turns away who has no valid token before a service is bothered. The service verifies the token again
 * itself: it may be called directly.
 */
export function authenticate(
  auth: Authenticator,
  rule: TokenRule,
  readsRequireToken: boolean,
): onRequestHookHandler {
  const required = rule === 'required' || (rule === 'reads' && readsRequireToken);
  return (request, _reply, done) => {
    if (required) auth.require(request);
    else auth.identify(request);
    done();
  };
}
