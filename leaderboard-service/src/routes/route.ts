import type { App } from '@leaderboard/shared/http/app';
import type { Authenticator } from '@leaderboard/shared/http/auth';
import type { Guards } from '@leaderboard/shared/http/guards';
import type { Services } from '../services.js';

/** What a route file needs; every route file exports one function of this type. */
export interface RouteContext {
  readonly services: Services;
  readonly auth: Authenticator;
  readonly guard: Guards;
}

export type RegisterRoute = (app: App, context: RouteContext) => void;
