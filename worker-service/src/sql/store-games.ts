/**
 * Stores a batch of game messages: the newest of each game stands.
 *
 * $1  JSON array of messages, as they stood in the queue
 */
export const storeGames = {
  name: 'store-games',
  text: `
    INSERT INTO games (game, definition, version)
    SELECT DISTINCT ON (game) game, definition, version
    FROM json_to_recordset($1) AS message (game text COLLATE "C", definition jsonb, version bigint)
    ORDER BY game, version DESC
    ON CONFLICT (game) DO UPDATE
    SET definition = excluded.definition, version = excluded.version
    WHERE games.version < excluded.version`,
};
