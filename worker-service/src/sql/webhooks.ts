/** The webhooks themselves, in GLOBAL's database. */

const waiting = '(SELECT count(*) FROM webhook_deliveries WHERE webhook_id = webhooks.id) AS pending';

export const listWebhooks = {
  name: 'list-webhooks',
  text: `SELECT *, ${waiting} FROM webhooks ORDER BY id`,
};

/** `$1` id */
export const readWebhook = {
  name: 'read-webhook',
  text: `SELECT *, ${waiting} FROM webhooks WHERE id = $1`,
};

/** For a transaction in which webhooks come or go: two of these wait for each other. */
export const lockWebhooks = 'LOCK TABLE webhooks IN SHARE ROW EXCLUSIVE MODE';

/**
 * Makes a webhook or replaces it.
 *
 * $1  id   $2  url   $3  games, NULL = all   $4  kinds   $5  secret, NULL = keep the one there is   $6  secret of a new one
 */
export const putWebhook = {
  name: 'put-webhook',
  text: `
    INSERT INTO webhooks (id, url, games, kinds, secret) VALUES ($1, $2, $3::text[], $4::text[], coalesce($5, $6))
    ON CONFLICT (id) DO UPDATE
    SET url = excluded.url, games = excluded.games, kinds = excluded.kinds, updated_at = now(),
        secret = coalesce($5, webhooks.secret)
    RETURNING *, ${waiting}`,
};

/** `$1` id. What waits for it goes, too. */
export const deleteWebhook = { name: 'delete-webhook', text: 'DELETE FROM webhooks WHERE id = $1' };

/**
 * What an admin did to a webhook, for the audit.
 *
 * $1  actor   $2  act   $3  id of the webhook   $4  detail   $5  request_id   $6  event_id
 */
export const noteWebhookAct = {
  name: 'note-webhook-act',
  text: `
    INSERT INTO admin_acts (acted_at, actor, act, subject, detail, request_id, event_id)
    VALUES (now(), $1, $2, $3, $4, $5, $6)`,
};

/** Who stood first in games that no webhook asks about is nobody's business. */
export const forgetLeaders = {
  name: 'forget-leaders',
  text: `
    DELETE FROM webhook_marks WHERE subject = 'leader' AND NOT EXISTS (
      SELECT FROM webhooks WHERE 'new_leader' = ANY (kinds) AND (games IS NULL OR webhook_marks.game = ANY (games))
    )`,
};

/** `$1` game   `$2` subject */
export const openMark = {
  name: 'open-mark',
  text: `INSERT INTO webhook_marks (game, subject, mark) VALUES ($1, $2, '') ON CONFLICT DO NOTHING`,
};

/** Whoever has locked it is the only one who looks whether it has to change. `$1` game   `$2` subject */
export const lockMark = {
  name: 'lock-mark',
  text: 'SELECT mark FROM webhook_marks WHERE game = $1 AND subject = $2 FOR UPDATE',
};

/** `$1` game   `$2` subject   `$3` mark */
export const setMark = {
  name: 'set-mark',
  text: 'UPDATE webhook_marks SET mark = $3 WHERE game = $1 AND subject = $2',
};
