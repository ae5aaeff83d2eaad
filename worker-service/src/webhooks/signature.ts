import { createHmac, randomBytes } from 'node:crypto';

/**
 * Signs as https://www.standardwebhooks.com says, so that receivers find a library for it. The time is signed, too: who
 * checks it is not told the same thing again by somebody who has listened.
 */

const prefix = 'whsec_';

export const makeSecret = (): string => `${prefix}${randomBytes(32).toString('base64')}`;

export function signedHeaders(
  secret: string,
  id: string,
  timestampSeconds: number,
  body: string,
): Record<string, string> {
  const key = Buffer.from(secret.slice(prefix.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': `v1,${signature}`,
  };
}
