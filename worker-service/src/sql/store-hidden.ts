/**
 * Stores who was hidden or shown again: the newest of each user stands, unless the user was erased since.
 *
 * $1  JSON array of messages, as they stood in the queue
 */
export const storeHidden = {
  name: 'store-hidden',
  text: `
    INSERT INTO hidden_users (user_id, hidden, version)
    SELECT DISTINCT ON (user_id) user_id, hidden, version
    FROM json_to_recordset($1) AS message (user_id text COLLATE "C", hidden boolean, version bigint)
    WHERE NOT EXISTS (
      SELECT FROM erasures WHERE erasures.user_id = message.user_id AND erasures.version > message.version
    )
    ORDER BY user_id, version DESC
    ON CONFLICT (user_id) DO UPDATE
    SET hidden = excluded.hidden, version = excluded.version
    WHERE hidden_users.version < excluded.version`,
};
