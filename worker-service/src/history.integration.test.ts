import type { App } from '@leaderboard/shared/http/app';
import { type Caller, mintToken } from '@leaderboard/shared/http/auth';
import { createMetrics } from '@leaderboard/shared/http/metrics';
import { createLogger } from '@leaderboard/shared/logger';
import { operationGroups, routesServedBy } from '@leaderboard/shared/openapi/operations';
import { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import { readAccount } from '@leaderboard/shared/scripting/read-account';
import { accountKey } from '@leaderboard/shared/topology/keys';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildApp } from './app.js';
import { loadApiConfig } from './config.js';
import { History } from './history/history.js';
import { Databases, requestLimits } from './postgres/databases.js';
import { Harness } from './testing/harness.js';
import { WebhookStore } from './webhooks/webhook-store.js';
import { Webhooks } from './webhooks/webhooks.js';

let harness: Harness;
let databases: Databases;
let app: App;

beforeAll(async () => {
  harness = await Harness.start();
  const logger = createLogger({ service: 'test', instance: 'test', level: 'silent' });
  databases = new Databases(
    { addresses: harness.config.postgres, partitions: 1, poolMax: 4, limits: requestLimits },
    logger,
  );
  const { shards } = harness.config.topology;
  const store = new WebhookStore(databases.ofRegion('GLOBAL'), 1);
  app = await buildApp({
    config: loadApiConfig(harness.environment),
    history: new History(new FencedScripts(harness.connections), shards, databases),
    webhooks: new Webhooks(store, false, { begin: async () => {}, wake: () => {} }),
    logger,
    metrics: createMetrics('test'),
    notReady: () => undefined,
  });
});
afterAll(async () => {
  await app.close();
  await databases.close();
  await harness.close();
});

it('serves what the API reference says, by the same schemas', () => {
  expect([...app.servedRoutes.keys()].sort()).toEqual(routesServedBy('worker'));
  const ours = operationGroups
    .flatMap((group) => group.operations)
    .filter(({ servedBy }) => servedBy === 'worker');
  for (const { route, schema } of ours) expect(app.servedRoutes.get(route), route).toEqual(schema);
});

async function startAnew(): Promise<void> {
  await harness.reset();
  await harness.worker();
  await harness.open();
  await harness.open(harness.global);
}

const mint = (caller: Partial<Caller> & { user_id: string }) =>
  mintToken(
    { name: 'x', region: 'ASIA', role: 'player', ...caller },
    harness.environment.JWT_SECRET ?? '',
    60,
  );

async function get(url: string, token = mint({ user_id: 'op', role: 'server' })) {
  const answer = await app.inject({ url, headers: { authorization: `Bearer ${token}` } });
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
}

/** A registered user, and its token. */
async function register(userId: string): Promise<string> {
  await harness.register(userId, 'ASIA', 'hash');
  const account = await readAccount(
    new FencedScripts(harness.connections),
    harness.config.topology.shards,
    userId,
  );
  return mint({ user_id: userId, account_version: account?.version ?? 0 });
}

async function play(userId: string, ...values: number[]): Promise<void> {
  for (const value of values)
    await harness.write([{ userId, operation: 'best', value, eventId: `${userId}-${value}` }]);
}

async function stored(): Promise<void> {
  await harness.drained();
  await harness.drained(harness.global);
}

describe('GET /users/:userId/history', () => {
  beforeEach(startAnew);

  it('answers what was accepted, newest first, in full', async () => {
    const token = await register('ann');
    await play('ann', 5, 3);
    await stored();
    const { status, body } = await get('/users/ann/history', token);
    expect(status).toBe(200);
    expect(body).toEqual({
      user_id: 'ann',
      region: 'ASIA',
      events: [
        expect.objectContaining({ event_id: 'ann-3', op: 'best', value: 3, score: 5, game: 'default' }),
        expect.objectContaining({ event_id: 'ann-5', op: 'best', value: 5, score: 5, request_id: 'request' }),
      ],
    });
    expect(body.events[0].version).toBeGreaterThan(body.events[1].version);
    expect(new Date(body.events[0].timestamp).toISOString()).toBe(body.events[0].timestamp);
  });

  it('pages without skipping or repeating while new events arrive', async () => {
    const token = await register('ann');
    await play('ann', 1, 2, 3, 4, 5);
    await stored();
    const seen: number[] = [];
    let cursor = '';
    for (let fresh = 10; ; fresh += 1) {
      const { body } = await get(`/users/ann/history?limit=2${cursor}`, token);
      seen.push(...body.events.map((event: { value: number }) => event.value));
      if (body.next_cursor === undefined) break;
      cursor = `&cursor=${body.next_cursor}`;
      await play('ann', fresh);
      await stored();
    }
    expect(seen).toEqual([5, 4, 3, 2, 1]);
  });

  it('can be of one game', async () => {
    const token = await register('ann');
    await play('ann', 1);
    await harness.write([{ userId: 'ann', operation: 'incr', value: 7, game: 'coins', rules: 'incr:desc' }]);
    await stored();
    const { body } = await get('/users/ann/history?game=coins', token);
    expect(body.events).toMatchObject([{ game: 'coins', op: 'incr', value: 7, score: 7 }]);
    expect((await get('/users/ann/history?game=none', token)).body.events).toEqual([]);
  });

  it('is for the user, game servers and admins', async () => {
    const ann = await register('ann');
    const bob = await register('bob');
    expect((await get('/users/ann/history', ann)).status).toBe(200);
    expect((await get('/users/ann/history', bob)).body.code).toBe('forbidden');
    expect((await get('/users/ann/history')).status).toBe(200);
    expect((await get('/users/ann/history', mint({ user_id: 'op', role: 'admin' }))).status).toBe(200);
    expect((await get('/users/nobody/history')).body.code).toBe('unknown_user');
    expect((await app.inject({ url: '/users/ann/history' })).statusCode).toBe(401);
  });

  it('shows nothing of an erased user to the next one with its id, stored or not', async () => {
    const first = await register('ann');
    await play('ann', 5);
    await stored();
    const minuteAgo = "version = version - 60000000, accepted_at = accepted_at - interval '1 minute'";
    await harness.rows(`UPDATE score_events SET ${minuteAgo}`);
    await harness.rows('UPDATE leaderboard SET version = version - 60000000');
    await harness.stopWorkers();
    // As DELETE /users/ann does it, with the erasure still in the queue.
    await harness.erase('ann', Number.MAX_SAFE_INTEGER);
    await harness.redis.send(['DEL', accountKey(harness.global, 'ann')]);
    expect((await get('/users/ann/history', first)).status).toBe(401);
    const second = await register('ann');
    expect((await get('/users/ann/history', first)).status).toBe(401);
    expect((await get('/users/ann/history', second)).body.events).toEqual([]);
    expect((await get('/users/ann/export', second)).body).toMatchObject({
      entries: [],
      history: { events: [] },
    });
  });

  it('answers 503 with Retry-After while Postgres is too slow', async () => {
    await register('ann');
    const locking = await harness.databases.connect('ASIA', {});
    try {
      await locking.query('BEGIN; LOCK TABLE score_events');
      const answer = await get('/users/ann/history');
      expect(answer).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
      expect(answer.headers['retry-after']).toBe('1');
    } finally {
      await locking.end();
    }
  });
});

describe('GET /users/:userId/export', () => {
  beforeEach(startAnew);

  it('has all that is kept of a user but the password', async () => {
    const token = await register('ann');
    await play('ann', 5, 3);
    await stored();
    const { status, body } = await get('/users/ann/export', token);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      account: { user_id: 'ann', name: 'ann', region: 'ASIA', created_at: expect.stringMatching(/Z$/) },
      entries: [{ game: 'default', score: 5 }],
      history: { events: [{ value: 3 }, { value: 5 }] },
    });
    expect(JSON.stringify(body)).not.toContain('hash');
  });

  it('is for the user and admins, not for game servers', async () => {
    await register('ann');
    expect((await get('/users/ann/export')).status).toBe(403);
    expect((await get('/users/ann/export', mint({ user_id: 'op', role: 'admin' }))).status).toBe(200);
    expect((await get('/users/bob/export', mint({ user_id: 'op', role: 'admin' }))).status).toBe(404);
  });
});

describe('a bad request', () => {
  it.each(['limit=0', 'limit=-1', 'limit=abc', 'limit=1e9', 'limit=1&limit=2', 'game=a%00b', 'more=1'])(
    'is refused: ?%s',
    async (query) => {
      expect((await get(`/users/ann/history?${query}`)).body.code).toBe('invalid_request');
    },
  );

  it.each(['x', 'aDEgMQ=', 'aDEgLTE', Buffer.from('h1 99999999999999999').toString('base64url')])(
    'is refused: cursor %s',
    async (cursor) => {
      expect((await get(`/users/ann/history?cursor=${cursor}`)).body.code).toBe('invalid_cursor');
    },
  );

  it('is refused: an id that nobody could have', async () => {
    expect((await get('/users/a%00b/history')).body.code).toBe('invalid_request');
  });
});
