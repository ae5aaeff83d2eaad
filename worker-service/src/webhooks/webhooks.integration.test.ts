import { createHmac } from 'node:crypto';
import { answer, neverAnswer, Receiver } from '@leaderboard/local/disposable-receiver';
import type { App } from '@leaderboard/shared/http/app';
import { type Caller, mintToken } from '@leaderboard/shared/http/auth';
import { createLogger } from '@leaderboard/shared/logger';
import { windowsText } from '@leaderboard/shared/scoring/windows';
import { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildApp } from '../app.js';
import { loadApiConfig } from '../config.js';
import { History } from '../history/history.js';
import { Databases, requestLimits } from '../postgres/databases.js';
import { Harness, until } from '../testing/harness.js';
import { WorkerProcess } from '../testing/worker-process.js';
import { BoardWatch } from './board-watch.js';
import { FirstPlacesReader } from './first-places.js';
import { startWebhooks } from './start-webhooks.js';
import { WebhookStore } from './webhook-store.js';

const logger = createLogger({ service: 'test', instance: 'test', level: 'silent' });
const quick = { WEBHOOK_ALLOW_PRIVATE: 'true', WEBHOOK_RETRY_MS: '20', WEBHOOK_TIMEOUT_MS: '1000' };

let harness: Harness;
let databases: Databases;
let receiver: Receiver;
const running: (() => Promise<void>)[] = [];
let app: App;
let registry: Registry;

beforeAll(async () => {
  harness = await Harness.start();
  databases = new Databases(
    { addresses: harness.config.postgres, partitions: 1, poolMax: 4, limits: requestLimits },
    logger,
  );
  receiver = await Receiver.start();
});
afterAll(async () => {
  await receiver.close();
  await databases.close();
  await harness.close();
});

async function anew(): Promise<void> {
  await harness.reset();
  receiver.forget();
  await harness.worker();
  await harness.open();
  await harness.open(harness.global);
}

async function stopAll(): Promise<void> {
  await Promise.all(running.splice(0).map((stop) => stop()));
}

/** What a worker process has besides its drain. */
async function start(environment: Record<string, string> = {}): Promise<void> {
  const closers: (() => unknown)[] = [];
  const api = loadApiConfig({ ...harness.environment, ...quick, ...environment });
  const { config, connections: redis } = harness;
  const scripts = new FencedScripts(redis);
  registry = new Registry();
  const webhooks = startWebhooks(
    { config, api, redis, scripts, databases, logger, registry },
    { onClose: (_name, close) => closers.push(close) },
  );
  const history = new History(scripts, config.topology.shards, databases);
  const started = await buildApp({
    config: api,
    history,
    webhooks,
    logger,
    metrics: registry,
    notReady: () => undefined,
  });
  app = started;
  running.push(async () => {
    await started.close();
    for (let close = closers.pop(); close; close = closers.pop()) await close();
  });
}

const mint = (caller: Partial<Caller> & { user_id: string }) =>
  mintToken(
    { name: 'x', region: 'ASIA', role: 'admin', ...caller },
    harness.environment.JWT_SECRET ?? '',
    60,
  );

async function call(
  method: 'GET' | 'PUT' | 'DELETE',
  url: string,
  body?: object,
  token = mint({ user_id: 'op' }),
) {
  const headers = { authorization: `Bearer ${token}` };
  const reply = await app.inject({ method, url, headers, ...(body && { payload: body }) });
  return { status: reply.statusCode, body: reply.body === '' ? undefined : reply.json() };
}

const put = (id: string, body: object = {}) =>
  call('PUT', `/webhooks/${id}`, { url: receiver.url, kinds: ['score'], ...body });
const get = async (id: string) => (await call('GET', `/webhooks/${id}`)).body;

async function play(eventId: string, value = 1, game = 'default', userId = 'ann'): Promise<void> {
  expect(await harness.write([{ userId, operation: 'set', value, eventId, game }])).toEqual(['applied']);
}

const told = (...eventIds: string[]) =>
  until(async () => eventIds.every((eventId) => receiver.eventIds.includes(eventId)));

describe('a webhook', () => {
  beforeEach(anew);
  afterEach(stopAll);

  it('is told of what is committed after it was made, signed', async () => {
    await play('before');
    await harness.drained();
    await start();
    const { body } = await put('hook');
    await play('after', 7);
    await told('after');
    expect(receiver.eventIds).toEqual(['after']);
    const [{ path, headers, text }] = receiver.received as [(typeof receiver.received)[0]];
    expect(path).toBe('/hook');
    expect(JSON.parse(text)).toMatchObject({
      id: headers['webhook-id'],
      webhook: 'hook',
      kind: 'score',
      events: [{ user_id: 'ann', value: 7, score: 7, op: 'set' }],
    });
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
    const key = Buffer.from(body.secret.replace('whsec_', ''), 'base64');
    expect(headers['webhook-signature']).toBe(
      `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
    );
    expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(10);
  });

  it('is told of its games only, and several are told each', async () => {
    await start();
    await put('all');
    await put('chess', { games: ['chess'] });
    await play('one');
    await play('two', 1, 'chess');
    await until(async () => receiver.eventIds.filter((eventId) => eventId === 'two').length === 2);
    const chess = receiver.of('score').filter(({ webhook }) => webhook === 'chess');
    expect(chess.flatMap(({ events }) => events.map((event: { game: string }) => event.game))).toEqual([
      'chess',
    ]);
  });

  it('is told again until it accepts, with the same id', async () => {
    await start();
    await put('hook');
    receiver.next.push(answer(500), answer(302, { location: receiver.url }), neverAnswer);
    await play('one');
    await until(async () => (await get('hook')).delivered === 1);
    expect(receiver.eventIds).toEqual(['one', 'one', 'one', 'one']);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await get('hook')).toMatchObject({
      failed: 3,
      dead: 0,
      pending: 0,
      last_error: 'no answer within 1000 ms',
    });
    const metrics = await registry.metrics();
    expect(metrics).toMatch(/worker_webhook_attempts_total\{outcome="failed"\} 3/);
    expect(metrics).toMatch(/worker_webhook_attempts_total\{outcome="delivered"\} 1/);
    expect(metrics).toMatch(/worker_webhook_pending 0/);
  });

  it('that never accepts holds up no other, and its deliveries die', async () => {
    const dead = await Receiver.start();
    await dead.close();
    await start({ WEBHOOK_MAX_ATTEMPTS: '3' });
    await put('dead', { url: 'http://127.0.0.1:1/' });
    await put('hook');
    await play('one');
    await told('one');
    await until(async () => (await get('dead')).dead === 1);
    expect(await get('dead')).toMatchObject({
      failed: 3,
      pending: 0,
      delivered: 0,
      last_error: expect.stringContaining('ECONNREFUSED'),
    });
    expect(await registry.metrics()).toMatch(/worker_webhook_dead_total 1/);
  });

  it('with too many deliveries waiting loses what comes on top, counted', async () => {
    await start({ WEBHOOK_MAX_PENDING: '1', WEBHOOK_RETRY_MS: '60000' });
    await put('hook');
    receiver.next.push(answer(500));
    await play('one');
    await until(async () => (await get('hook')).failed === 1);
    await play('two');
    await until(async () => (await get('hook')).dropped === 1);
    expect((await get('hook')).pending).toBe(1);
  });

  it('is told nothing any more when it is removed, and nothing old when it comes again', async () => {
    await start();
    await put('hook');
    await play('one');
    await told('one');
    expect((await call('DELETE', '/webhooks/hook')).status).toBe(204);
    expect((await call('DELETE', '/webhooks/hook')).status).toBe(404);
    await play('two');
    await harness.drained();
    await put('hook');
    await play('three');
    await told('three');
    expect(receiver.eventIds).toEqual(['one', 'three']);
  });

  it('is told nothing of a user who was erased meanwhile', async () => {
    await start({ WEBHOOK_TIMEOUT_MS: '20000' });
    await put('hook');
    await harness.register('ann', 'ASIA', 'hash');
    await harness.drained(harness.global);
    const accounts = harness.databases.ofRegion('GLOBAL');
    await accounts.query('UPDATE accounts SET version = 1');
    receiver.next.push((_received, response) => {
      const erasing = accounts.query('UPDATE accounts SET removed = true, version = $1', [Date.now() * 1000]);
      void erasing.then(() => response.writeHead(500).end());
    });
    await harness.write([
      { userId: 'ann', operation: 'set', value: 1, eventId: 'hers' },
      { userId: 'bob', operation: 'set', value: 1, eventId: 'his' },
    ]);
    await until(async () => (await get('hook')).delivered === 1 && (await get('hook')).pending === 0);
    expect(receiver.eventIds).toContain('his');
    expect(receiver.eventIds.filter((eventId) => eventId === 'hers')).toHaveLength(1);
  });
});

describe('a target in our own networks', () => {
  beforeEach(anew);
  afterEach(stopAll);

  it.each(['127.0.0.1', 'localhost'])('is not connected to when it is one by then: %s', async (host) => {
    await start();
    await put('hook', { url: `http://${host}:${receiver.port}/` });
    await stopAll();
    await start({ WEBHOOK_ALLOW_PRIVATE: 'false', WEBHOOK_MAX_ATTEMPTS: '1' });
    await play('one');
    await until(async () => (await get('hook')).dead === 1);
    expect((await get('hook')).last_error).toMatch(/is not a public address$/);
    expect(receiver.received).toEqual([]);
  });
});

describe('a bad webhook', () => {
  beforeAll(async () => {
    await anew();
    await start({ WEBHOOK_ALLOW_PRIVATE: 'false' });
  });
  afterAll(stopAll);

  it.each([
    { url: 'ftp://example.com/' },
    { url: 'http://me:secret@example.com/' },
    { url: 'http://' },
    { url: 'http://127.0.0.1:80/' },
    { url: 'http://localhost/' },
    { url: 'http://[::ffff:10.0.0.1]/' },
    { url: 'http://2130706433/' },
    { kinds: [] },
    { kinds: ['everything'] },
    { games: [] },
    { games: ['a b'] },
    { secret: 'short' },
    { more: 1 },
  ])('is refused: %o', async (body) => {
    const answered = await put('hook', { url: 'https://1.1.1.1/', ...body });
    expect(answered).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });
});

describe('PUT /webhooks/:id', () => {
  beforeEach(anew);
  afterEach(stopAll);

  it('is for admins, answers a secret only when it made one, and is noted for the audit', async () => {
    await start();
    for (const role of ['player', 'server'] as const) {
      const body = { url: receiver.url, kinds: ['score'] };
      expect((await call('PUT', '/webhooks/hook', body, mint({ user_id: 'ann', role }))).status).toBe(403);
      expect((await call('GET', '/webhooks', undefined, mint({ user_id: 'ann', role }))).status).toBe(403);
    }
    expect((await put('hook')).body.secret).toMatch(/^whsec_/);
    expect((await put('hook', { games: ['chess'] })).body.secret).toBeUndefined();
    expect((await put('mine', { secret: `whsec_${'a'.repeat(40)}` })).body.secret).toBeUndefined();
    await call('DELETE', '/webhooks/mine');
    const { webhooks } = (await call('GET', '/webhooks')).body;
    expect(webhooks).toMatchObject([{ id: 'hook', games: ['chess'], kinds: ['score'], delivered: 0 }]);
    expect(JSON.stringify(webhooks)).not.toContain('whsec_');
    const { rows } = await harness.databases
      .ofRegion('GLOBAL')
      .query('SELECT actor, act, subject, detail FROM admin_acts ORDER BY acted_at');
    expect(rows.map(({ act, subject }) => `${act} ${subject}`)).toEqual([
      'put-webhook hook',
      'put-webhook hook',
      'put-webhook mine',
      'delete-webhook mine',
    ]);
    expect(rows[0]).toMatchObject({ actor: 'op', detail: { url: receiver.url, kinds: ['score'] } });
  });
});

describe('new_leader', () => {
  beforeEach(anew);
  afterEach(stopAll);

  it('is told once for each change of the first place, whoever looks', async () => {
    await start();
    await start();
    await put('hook', { kinds: ['new_leader'] });
    await play('one', 5, 'default', 'ann');
    await until(async () => receiver.of('new_leader').length === 1);
    await play('two', 4, 'default', 'bob');
    await play('three', 9, 'default', 'ann');
    await play('four', 10, 'default', 'bob');
    await until(async () => receiver.of('new_leader').length === 2);
    expect(receiver.of('new_leader')).toMatchObject([
      { game: 'default', region: 'GLOBAL', leader: { user_id: 'ann', score: 5 }, previous: null },
      { leader: { user_id: 'bob', score: 10, region: 'ASIA' }, previous: { user_id: 'ann' } },
    ]);
    expect(receiver.of('score')).toEqual([]);
  });
});

describe('period_ended', () => {
  beforeEach(anew);
  afterEach(stopAll);

  it('is told once, with the first rows, to those who were there', async () => {
    await start();
    await harness.putGame('race', { windows: ['daily'], operator: 'set' });
    await harness.drained(harness.global);
    await put('hook', { kinds: ['period_ended'], games: ['race'] });
    const now = Date.now();
    const windows = windowsText({ windows: ['daily'], timezone: 'UTC', retainPeriods: 3 }, [now]);
    for (const [userId, value] of [
      ['ann', 5],
      ['bob', 7],
    ] as const)
      await harness.write([{ userId, operation: 'set', value, game: 'race', rules: 'set:desc', windows }]);
    const pool = databases.ofRegion('GLOBAL');
    const watches = [1, 2].map(
      () =>
        new BoardWatch({
          store: new WebhookStore(pool, 10),
          places: new FirstPlacesReader(
            new FencedScripts(harness.connections),
            harness.config.topology.shards,
          ),
          retainPeriods: 3,
          onQueued: () => {},
          logger,
        }),
    );
    const day = new Date(now).toISOString().slice(0, 10);
    const endsAtMs = Date.parse(`${day}T00:00:00Z`) + 86_400_000;
    for (const watch of watches) await watch.look(endsAtMs + 1_000);
    for (const watch of watches) await watch.look(endsAtMs + 10_000);
    for (const watch of watches) await watch.look(endsAtMs + 20_000);
    await until(async () => (await get('hook')).delivered === 1 && (await get('hook')).pending === 0);
    expect(receiver.of('period_ended')).toMatchObject([
      {
        game: 'race',
        window: 'daily',
        period: day,
        ends_at: new Date(endsAtMs).toISOString(),
        total: 2,
        rows: [
          { rank: 1, user_id: 'bob', score: 7 },
          { rank: 2, user_id: 'ann', score: 5 },
        ],
      },
    ]);
  });
});

describe('a worker', () => {
  beforeEach(anew);
  afterEach(stopAll);

  it('that is killed in the middle of a delivery is replaced, and it is told again', async () => {
    await start();
    await put('hook');
    await stopAll();
    const victim = await WorkerProcess.start({ ...harness.environment, ...quick });
    receiver.next.push(neverAnswer);
    await play('one');
    await told('one');
    victim.kill('SIGKILL');
    await victim.ended;
    await start();
    await until(async () => (await get('hook')).delivered === 1);
    expect(receiver.eventIds).toEqual(['one', 'one']);
  });

  it('leaves what nobody has told to the next one', async () => {
    await start();
    await put('hook');
    await stopAll();
    await play('one');
    await harness.drained();
    await start();
    await told('one');
  });
});
