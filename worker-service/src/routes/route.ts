import type { App } from '@leaderboard/shared/http/app';
import type { Guards } from '@leaderboard/shared/http/guards';
import type { History } from '../history/history.js';
import type { Webhooks } from '../webhooks/webhooks.js';

/** What a route file needs; every route file exports one function of this type. */
export interface RouteContext {
  readonly history: History;
  readonly webhooks: Webhooks;
  readonly guard: Guards;
}

export type RegisterRoute = (app: App, context: RouteContext) => void;
