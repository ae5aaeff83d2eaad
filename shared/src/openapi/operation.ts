import type { TSchema } from 'typebox';
import type { ProblemCode } from '../http/problems.js';

/**
 * What `/openapi.json` says of a route besides its schemas: one entry for each, in `operations/`. The schemas themselves
 * are those that the route validates with.
 */
export interface Operation {
  /** `GET /rank/:userId` */
  readonly route: string;
  /** What generated clients call it. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly token: TokenNeed;
  /** What it may be refused with, besides what every call of its kind can. */
  readonly problems?: readonly ProblemCode[];
  /** The leaderboard-services serve it, unless said otherwise. */
  readonly servedBy?: 'gateway' | 'worker' | 'every process';
  /** Of a route that another process serves, or that validates its body by hand. */
  readonly schema?: OperationSchema;
}

/** `reads`: none, unless `READS_REQUIRE_TOKEN`. The roles are the least that will do. */
export type TokenNeed = 'none' | 'reads' | 'any' | 'server' | 'admin';

export interface OperationSchema {
  readonly params?: TSchema;
  readonly querystring?: TSchema;
  readonly headers?: TSchema;
  /** JSON, or a schema by media type. */
  readonly body?: TSchema | MediaTypes;
  readonly response?: Readonly<Record<number, TSchema | MediaTypes>>;
}

export interface MediaTypes {
  readonly description: string;
  readonly content: Readonly<Record<string, { readonly schema: TSchema; readonly example?: unknown }>>;
}

/** Operations that stand together in the reference. */
export interface OperationGroup {
  readonly name: string;
  readonly description: string;
  readonly operations: readonly Operation[];
}
