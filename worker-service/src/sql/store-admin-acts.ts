/**
 * Stores what admins did, once each.
 *
 * $1  JSON array of messages that name an actor, as they stood in the queue
 */
export const storeAdminActs = {
  name: 'store-admin-acts',
  text: `
    INSERT INTO admin_acts (acted_at, actor, act, subject, detail, request_id, event_id)
    SELECT timestamptz 'epoch' + version * interval '1 microsecond', actor,
           CASE op WHEN 'game' THEN 'put-game' WHEN 'remove' THEN 'delete-score'
                   WHEN 'hidden' THEN CASE WHEN hidden THEN 'hide-user' ELSE 'show-user' END
                   WHEN 'erase' THEN 'erase-user' ELSE op END,
           coalesce(user_id, game),
           CASE op WHEN 'game' THEN definition WHEN 'remove' THEN jsonb_build_object('game', game) ELSE '{}' END,
           request_id, event_id
    FROM json_to_recordset($1) AS message (
      event_id text COLLATE "C", version bigint, op text, actor text, user_id text, game text, hidden boolean,
      definition jsonb, request_id text
    )
    ON CONFLICT DO NOTHING`,
};
