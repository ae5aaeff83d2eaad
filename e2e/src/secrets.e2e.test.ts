import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { call, freshId, register } from './testing/client.js';
import { until } from './testing/until.js';

/** Everything that any process of the stack has logged. */
function allLogs(): string {
  const directory = join(inject('stack').dataDir, 'logs');
  return readdirSync(directory)
    .map((name) => readFileSync(join(directory, name), 'utf8'))
    .join('');
}

it('no log ever holds a password, a token or the secret', async () => {
  const password = `correct horse ${freshId()}`;
  const { userId, token } = await register('EU', { password });
  await call('/auth/login', { body: { user_id: userId, password } });
  await call('/auth/login', { body: { user_id: userId, password: `${password} wrong` } });
  await call('/score', { token, body: { score: 1 } });
  await call('/score', { token, body: { score: 'x' } });
  await call(`/auth/me?token=${freshId('marker')}`, { token });
  const last = freshId('last-request');
  await call('/top', { headers: { 'x-request-id': last } });
  await until('the last request stands in the logs', () => allLogs().includes(last));

  const logs = allLogs();
  expect(logs).not.toContain(password);
  expect(logs).not.toContain(encodeURIComponent(password));
  expect(logs).not.toContain(token.split('.')[2]);
  expect(logs).not.toContain(inject('stack').jwtSecret);
  expect(logs).not.toMatch(/\$2[aby]\$/);
});
