/**
 * Every error that the platform answers, in one table: its code, HTTP status and title. `problem-handler.ts`
 * is the only place that turns one into a response.
 */
export const problemTable = {
  invalid_request: [400, 'The request is not valid'],
  malformed_body: [400, 'The body is not the JSON that was expected'],
  unknown_region: [400, 'There is no such region'],
  unknown_window: [400, 'The game does not keep this window'],
  invalid_cursor: [400, 'The cursor is not one of ours'],
  unauthorized: [401, 'A valid token is needed'],
  bad_credentials: [401, 'The user id or the password is wrong'],
  forbidden: [403, 'This token may not do that'],
  not_found: [404, 'There is nothing at this address'],
  not_ranked: [404, 'This user has no score on this board'],
  unknown_game: [404, 'There is no such game'],
  unknown_user: [404, 'There is no such user'],
  method_not_allowed: [405, 'This method is not served here'],
  request_timeout: [408, 'The request took too long to arrive'],
  user_exists: [409, 'This user id is taken'],
  game_in_use: [409, 'This game has scores already'],
  region_mismatch: [409, 'This user lives in another region'],
  user_erased: [409, 'This is from before the user was erased'],
  payload_too_large: [413, 'The body is too large'],
  uri_too_long: [414, 'The address is too long'],
  unsupported_media_type: [415, 'The body must be application/json'],
  header_too_large: [431, 'The headers are too large'],
  score_out_of_range: [422, 'The score would be out of range'],
  timestamp_out_of_range: [422, 'The event is too old, or from the future'],
  idempotency_mismatch: [422, 'This idempotency key was used with another request'],
  user_rate_limited: [429, 'Too many writes by this user'],
  region_rate_limited: [429, 'Too many writes in this region'],
  ip_rate_limited: [429, 'Too many requests from this address'],
  queue_full: [429, 'Too many writes are waiting to be stored'],
  internal_error: [500, 'Something went wrong on our side'],
  bad_gateway: [502, 'The service behind this address failed'],
  outcome_unknown: [502, 'Whether this write took effect is not known'],
  gateway_timeout: [504, 'The service behind this address did not answer in time'],
  shard_rebuilding: [503, 'This part of the leaderboard is being checked'],
  shard_unavailable: [503, 'Part of what was asked for cannot be reached'],
  store_unavailable: [503, 'The store cannot be reached'],
  auth_busy: [503, 'Too many logins at once'],
  live_busy: [503, 'Too many live connections or boards'],
  no_upstream: [503, 'No service for this is up'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof problemTable;

export interface FieldError {
  /** Where in the request, as a JSON pointer after `body`, `query`, `params` or `headers`. */
  path: string;
  message: string;
}

export interface ProblemOptions {
  errors?: FieldError[];
  retryAfterSeconds?: number;
  headers?: Record<string, string>;
  /** Instead of the table's, where one code stands for two statuses. */
  status?: number;
}

/** Thrown by anything below a route; becomes `application/problem+json`. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;

  constructor(
    readonly code: ProblemCode,
    detail: string,
    readonly options: ProblemOptions = {},
  ) {
    super(detail);
    this.name = 'Problem';
    [this.status, this.title] = problemTable[code];
    if (options.status !== undefined) this.status = options.status;
  }
}

/** RFC 9457, with our stable `code` and the request's id. */
export interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ProblemCode;
  request_id: string;
  errors?: FieldError[];
}

export function problemBody(problem: Problem, requestId: string): ProblemBody {
  return {
    type: `urn:problem:leaderboard:${problem.code}`,
    title: problem.title,
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    request_id: requestId,
    ...(problem.options.errors && { errors: problem.options.errors }),
  };
}
