import pg from 'pg';

/** The SQLSTATE of an error that Postgres answered; undefined when it is the connection that failed. */
export function sqlstateOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/**
 * Whether it is the data that Postgres refuses, for good: classes 22 (data exception), 23 (integrity
 * violation) and 54 (limits, such as nesting). Everything else, a full disk or a missing right included, is trouble that passes or is mended.
 */
export function isRefusedData(error: unknown): boolean {
  const state = sqlstateOf(error);
  return state !== undefined && /^(2[23]|54)/.test(state);
}

/** The statement took longer than allowed, so that less at once may succeed. */
export const isTimeout = (error: unknown): boolean => sqlstateOf(error) === '57014';

/** A row with this key is there, or comes twice. */
export const isAlreadyThere = (error: unknown): boolean => sqlstateOf(error) === '23505';

/** Postgres answered with an error, but the connection goes on. */
export function isConnectionSound(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR';
}
