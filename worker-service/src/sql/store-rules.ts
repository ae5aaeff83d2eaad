/**
 * Stores under which rules a game was written, from the messages that say so: the first of each game in a shard.
 *
 * $1  JSON array of messages, as they stood in the queue
 */
export const storeRules = {
  name: 'store-rules',
  text: `
    INSERT INTO game_rules (game, rules, version)
    SELECT DISTINCT ON (game) game, rules, version
    FROM json_to_recordset($1) AS message (game text COLLATE "C", rules text, version bigint)
    ORDER BY game, version DESC
    ON CONFLICT (game) DO UPDATE
    SET rules = excluded.rules, version = excluded.version
    WHERE game_rules.version < excluded.version`,
};
