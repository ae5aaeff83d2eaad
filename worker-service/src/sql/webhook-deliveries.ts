/** What waits to be delivered, in GLOBAL's database. */

/**
 * Queues deliveries, once each.
 *
 * $1  ids   $2  ids of their webhooks   $3  contents, JSON
 */
export const queueDeliveries = {
  name: 'queue-deliveries',
  text: `
    INSERT INTO webhook_deliveries (id, webhook_id, content)
    SELECT id, webhook_id, content::json
    FROM unnest($1::text[], $2::text[], $3::text[]) AS delivery (id, webhook_id, content)
    ON CONFLICT DO NOTHING`,
};

/** `$1` id of the webhook   `$2` how many */
export const countDropped = {
  name: 'count-dropped',
  text: 'UPDATE webhooks SET dropped = dropped + $2 WHERE id = $1',
};

/**
 * Takes the oldest due delivery of each webhook. It is due again when the lease ends, which is how one comes back whose
 * worker died.
 *
 * $1  webhooks that are being told something   $2  most deliveries   $3  lease, ms
 */
export const takeDeliveries = {
  name: 'take-deliveries',
  text: `
    WITH next AS (
      SELECT oldest.id FROM webhooks CROSS JOIN LATERAL (
        SELECT id, due_at FROM webhook_deliveries
        WHERE webhook_id = webhooks.id AND due_at <= now()
        ORDER BY due_at, seq LIMIT 1 FOR UPDATE SKIP LOCKED
      ) AS oldest
      WHERE webhooks.id <> ALL ($1::text[])
      ORDER BY oldest.due_at LIMIT $2
    )
    UPDATE webhook_deliveries AS delivery
    SET attempts = attempts + 1, due_at = now() + $3 * interval '1 millisecond'
    FROM next, webhooks
    WHERE delivery.id = next.id AND webhooks.id = delivery.webhook_id
    RETURNING delivery.id, delivery.webhook_id, delivery.content, delivery.attempts, webhooks.url, webhooks.secret`,
};

/** `$1` id */
export const finishDelivery = {
  name: 'finish-delivery',
  text: `
    WITH done AS (DELETE FROM webhook_deliveries WHERE id = $1 RETURNING webhook_id)
    UPDATE webhooks SET delivered = delivered + 1, last_delivered_at = now()
    FROM done WHERE webhooks.id = done.webhook_id`,
};

/** Nothing is left to tell. `$1` id */
export const withdrawDelivery = {
  name: 'withdraw-delivery',
  text: 'DELETE FROM webhook_deliveries WHERE id = $1',
};

/** An attempt that was broken off does not count. `$1` id */
export const returnDelivery = {
  name: 'return-delivery',
  text: 'UPDATE webhook_deliveries SET attempts = attempts - 1, due_at = now() WHERE id = $1',
};

/** `$1` id   `$2` ms until the next attempt   `$3` what went wrong */
export const postponeDelivery = {
  name: 'postpone-delivery',
  text: `
    WITH later AS (
      UPDATE webhook_deliveries SET due_at = now() + $2 * interval '1 millisecond' WHERE id = $1 RETURNING webhook_id
    )
    UPDATE webhooks SET failed = failed + 1, last_error = $3, last_error_at = now()
    FROM later WHERE webhooks.id = later.webhook_id`,
};

/** `$1` id   `$2` what went wrong */
export const giveUpDelivery = {
  name: 'give-up-delivery',
  text: `
    WITH dead AS (DELETE FROM webhook_deliveries WHERE id = $1 RETURNING webhook_id)
    UPDATE webhooks SET failed = failed + 1, dead = dead + 1, last_error = $2, last_error_at = now()
    FROM dead WHERE webhooks.id = dead.webhook_id`,
};

export const countPending = {
  name: 'count-pending',
  text: 'SELECT count(*) AS pending FROM webhook_deliveries',
};

/**
 * Which of the places named (1, 2, …) belong to accounts that were erased since. The accounts' clock may be a second ahead
 * of the one by which the versions were given.
 *
 * $1  user_ids   $2  of each, the version of what is said of it
 */
export const findErased = {
  name: 'find-erased',
  text: `
    SELECT place::integer FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS said (user_id, version, place)
    JOIN accounts USING (user_id)
    WHERE accounts.version > said.version + CASE WHEN removed THEN 0 ELSE 1000000 END`,
};
