/**
 * Since when there is an account; no row while it is not stored yet.
 *
 * $1  user_id   $2  its version
 */
export const readAccountDate = {
  name: 'read-account-date',
  text: 'SELECT created_at FROM accounts WHERE user_id = $1 AND version = $2 AND NOT removed',
};
