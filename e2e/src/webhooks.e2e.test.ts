import { createHmac } from 'node:crypto';
import { answer, neverAnswer, Receiver } from '@leaderboard/local/disposable-receiver';
import { readJson } from '@leaderboard/local/files';
import { dataPaths } from '@leaderboard/local/paths';
import type { StackProcess } from '@leaderboard/local/stack';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { adminToken, call, expectProblem, freshId, serverToken } from './testing/client.js';
import { until } from './testing/until.js';

/** A webhook through NGINX, with a receiver that is sometimes out of order. */

const hook = freshId('hook');
const game = freshId('game');
let receiver: Receiver;
let secret: string;

beforeAll(async () => {
  receiver = await Receiver.start();
  await call(`/games/${game}`, { method: 'PUT', token: adminToken(), body: {} });
  const body = { url: receiver.url, games: [game], kinds: ['score', 'new_leader'] };
  const made = await call(`/webhooks/${hook}`, { method: 'PUT', token: adminToken(), body });
  expect(made.status).toBe(200);
  secret = made.body.secret;
});
afterAll(async () => {
  await call(`/webhooks/${hook}`, { method: 'DELETE', token: adminToken() });
  await receiver.close();
});

const webhook = async () => (await call(`/webhooks/${hook}`, { token: adminToken() })).body;
const play = (userId: string, score: number) =>
  call('/score', {
    token: serverToken(),
    body: { user_id: userId, region: 'EU', game, score },
    headers: { 'idempotency-key': userId },
  });
const timesTold = (eventId: string) => receiver.eventIds.filter((told) => told === eventId).length;

describe('a webhook', () => {
  it('is told of a score and of the new leader, signed, again when it failed', async () => {
    receiver.next.push(answer(503));
    const ann = freshId('ann');
    await play(ann, 10);
    await until('both were accepted', async () => (await webhook()).delivered >= 2);
    expect(timesTold(ann)).toBeGreaterThanOrEqual(1);
    expect(receiver.of('new_leader')[0]).toMatchObject({ game, leader: { user_id: ann, score: 10 } });
    expect(await webhook()).toMatchObject({ failed: 1, dead: 0, last_error: 'it answered 503' });
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    for (const { headers, text } of receiver.received) {
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
      const signature = createHmac('sha256', key).update(signed).digest('base64');
      expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    }
  });

  it('is told again when the worker is killed before it has accepted', async () => {
    receiver.next.push(neverAnswer);
    const bob = freshId('bob');
    await play(bob, 5);
    await until('it is being told', () => timesTold(bob) === 1);
    const stack = readJson<{ processes: StackProcess[] }>(dataPaths(inject('stack').dataDir).stack);
    for (const { role, pid } of stack?.processes ?? []) if (role === 'worker') process.kill(pid, 'SIGKILL');
    await until('it is told again', () => timesTold(bob) >= 2);
    await until('nothing waits', async () => (await webhook()).pending === 0);
  });

  it('is an affair of admins', async () => {
    const path = `/webhooks/${hook}`;
    const body = { url: receiver.url, kinds: ['score'] };
    expectProblem(await call(path, { method: 'PUT', token: serverToken(), body }), 403);
    expectProblem(await call(path, { token: serverToken() }), 403);
    expectProblem(await call('/webhooks'), 401);
    const posted = await call(path, { method: 'POST', token: adminToken(), body });
    expectProblem(posted, 405);
    expect(posted.headers.get('allow')).toContain('PUT');
    expectProblem(await call('/webhooks/none', { token: adminToken() }), 404, 'not_found');
  });
});
