/**
 * Stores a batch of account messages: the newest of each user stands.
 *
 * $1  JSON array of messages, as they stood in the queue
 */
export const storeAccounts = {
  name: 'store-accounts',
  text: `
    INSERT INTO accounts (user_id, name, region, password_hash, version, created_at, removed)
    SELECT DISTINCT ON (user_id) user_id, name, region, password_hash, version,
           timestamptz 'epoch' + timestamp * interval '1 millisecond', op = 'account-removed'
    FROM json_to_recordset($1) AS message (
      user_id text COLLATE "C", version bigint, name text, region text, op text, password_hash text, timestamp bigint
    )
    ORDER BY user_id, version DESC
    ON CONFLICT (user_id) DO UPDATE
    SET name = excluded.name, region = excluded.region, password_hash = excluded.password_hash,
        version = excluded.version, created_at = excluded.created_at, removed = excluded.removed
    WHERE accounts.version < excluded.version`,
};
