import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventSource, type MessageEvent, WebSocket } from 'undici';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { adminToken, call, expectProblem, freshId, register, serverToken } from './testing/client.js';
import { until } from './testing/until.js';

// biome-ignore lint/suspicious/noExplicitAny: a test may look at any part of any message
type Message = any;

let game: string;
const closers: (() => unknown)[] = [];
beforeEach(async () => {
  game = freshId('live');
  expect((await call(`/games/${game}`, { method: 'PUT', body: {}, token: adminToken() })).status).toBe(200);
});
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const post = async (userId: string, score: number) => {
  const body = { game, user_id: userId, region: 'EU', score };
  expect((await call('/score', { token: serverToken(), body })).status).toBe(200);
};

/** A browser's client for `/live`, which comes back by itself. */
function watch(query = '') {
  const source = new EventSource(`${inject('stack').url}/live?game=${game}${query}`);
  closers.push(() => source.close());
  const events: { type: string; data: Message }[] = [];
  for (const type of ['snapshot', 'self', 'passed', 'bye']) {
    source.addEventListener(type, (event) => {
      events.push({ type, data: JSON.parse((event as MessageEvent).data) });
    });
  }
  const of = (type: string) => events.filter((event) => event.type === type);
  return {
    of,
    until: (type: string, holds: (data: Message) => boolean) =>
      until(`such a ${type} comes`, () => of(type).some(({ data }) => holds(data))),
  };
}

async function connect() {
  const socket = new WebSocket(`${inject('stack').url.replace('http', 'ws')}/live/ws`);
  closers.push(() => socket.close());
  const messages: Message[] = [];
  socket.addEventListener('message', ({ data }) => messages.push(JSON.parse(String(data))));
  await until('the socket is open', () => socket.readyState === WebSocket.OPEN);
  let refs = 0;
  return {
    send: (frame: object | string) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    async next(holds: (message: Message) => boolean): Promise<Message> {
      await until('such a message comes', () => messages.some(holds));
      return messages.find(holds);
    },
    async ask(frame: object): Promise<Message> {
      const ref = ++refs;
      this.send({ ...frame, ref });
      return await this.next((message) => message.ref === ref);
    },
  };
}

const leader = (data: Message) => data.rows[0]?.user_id;

describe('a stream through NGINX', () => {
  it('has the board of /top at once and what changes', async () => {
    const [first, second] = [freshId(), freshId()];
    await post(first, 10);
    const stream = watch('&limit=5');
    await stream.until('snapshot', (data) => leader(data) === first);
    expect(stream.of('snapshot')[0]?.data).toEqual((await call(`/top?game=${game}&limit=5`)).body);
    await post(second, 20);
    await stream.until('snapshot', (data) => leader(data) === second && data.total === 2);
  });

  it('of another gateway brings no snapshot that one has', async () => {
    await post(freshId(), 10);
    const ids = await Promise.all(
      inject('stack').gatewayUrls.map(async (base) => {
        const response = await fetch(`${base}/live?game=${game}`);
        let text = '';
        for await (const chunk of response.body ?? []) {
          text += Buffer.from(chunk).toString();
          if (text.includes('\ndata: ')) break;
        }
        return /^id: (.+)$/m.exec(text)?.[1] ?? '';
      }),
    );
    expect(new Set(ids).size).toBe(1);
    const again = await fetch(`${inject('stack').url}/live?game=${game}`, {
      headers: { 'last-event-id': ids[0] ?? '' },
    });
    const newcomer = freshId();
    await post(newcomer, 20);
    let text = '';
    for await (const chunk of again.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes('\ndata: ')) break;
    }
    expect(text.match(/^event: snapshot$/gm)).toHaveLength(1);
    expect(text).toContain(newcomer);
  });

  it('tells a user who went past', async () => {
    const [user, rival] = [freshId(), freshId()];
    await post(user, 10);
    const stream = watch(`&user_id=${user}`);
    await stream.until('self', (data) => data.rank === 1);
    await post(rival, 20);
    await stream.until('passed', ({ rank, previous_rank, by }) => {
      return rank === 2 && previous_rank === 1 && by[0]?.user_id === rival;
    });
  });

  it('is refused as any other call', async () => {
    expectProblem(await call('/live?game=there-is-none'), 404, 'unknown_game');
    expectProblem(await call('/live?window=century'), 400);
    expectProblem(await call('/live', { method: 'PUT', body: {} }), 405, 'method_not_allowed');
  });

  it('outlives its gateway', async () => {
    await post(freshId(), 10);
    const stream = watch();
    await stream.until('snapshot', () => true);
    const running = (): { role: string; pid: number; name: string; url: string }[] =>
      JSON.parse(readFileSync(join(inject('stack').dataDir, 'stack.json'), 'utf8')).processes;
    for (const { name, pid, url } of running().filter(({ role }) => role === 'gateway')) {
      process.kill(pid, 'SIGTERM');
      await until(`${name} is started again`, async () => {
        const now = running().find((each) => each.name === name);
        return now !== undefined && now.pid !== pid && (await call('/health', { base: url })).status === 200;
      });
    }
    expect(stream.of('bye')).not.toHaveLength(0);
    const newcomer = freshId();
    await post(newcomer, 20);
    await stream.until('snapshot', (data) => leader(data) === newcomer);
  });
});

describe('a socket through NGINX', () => {
  it('takes scores of a player, and everybody sees them', async () => {
    const { userId, token } = await register('EU');
    const [player, spectator] = [await connect(), await connect()];
    spectator.send({ subscribe: { game, region: 'EU' } });
    await spectator.next((message) => message.type === 'snapshot' && message.total === 0);
    expect(await player.ask({ auth: token })).toMatchObject({ type: 'auth', user: { user_id: userId } });
    expect(await player.ask({ score: { score: 7, game } })).toMatchObject({
      type: 'score',
      status: 200,
      body: { user_id: userId, game, score: 7, previous_score: null, rank: 1, best: true },
    });
    const snapshot = await spectator.next((message) => message.total === 1);
    expect(snapshot).toMatchObject({ board: { game, region: 'EU' }, rows: [{ user_id: userId, score: 7 }] });
    expect(await player.ask({ score: { score: 3, game, action: 'add' } })).toMatchObject({
      body: { score: 10 },
    });
  });

  it('refuses what HTTP refuses, with the same codes', async () => {
    const { token } = await register('EU');
    const player = await connect();
    expect(await player.ask({ score: { score: 7, game } })).toMatchObject({ type: 'problem', status: 401 });
    await player.ask({ auth: token });
    for (const score of ['"5"', 'null', '9007199254740993', '1e400', 'true']) {
      player.send(`{"score":{"score":${score},"game":"${game}"},"ref":${JSON.stringify(score)}}`);
      expect(await player.next(({ ref }) => ref === score)).toMatchObject({ type: 'problem', status: 400 });
    }
    player.send({ score: { score: 1.5, game } });
    await player.next(({ status, body }) => status === 400 && body.code === 'malformed_body');
    expect(await player.ask({ score: { score: 7, game, user_id: 'somebody' } })).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect(await player.ask({ score: { score: 7, game: 'there-is-none' } })).toMatchObject({ status: 404 });
  });

  it('answers a repeated key as before', async () => {
    const { token } = await register('EU');
    const player = await connect();
    await player.ask({ auth: token });
    const score = { score: 5, game, action: 'add', idempotency_key: freshId('key') };
    const first = await player.ask({ score });
    expect(await player.ask({ score })).toEqual({ ...first, ref: first.ref + 1, replayed: true });
    expect(await player.ask({ score: { ...score, score: 6 } })).toMatchObject({
      status: 422,
      body: { code: 'idempotency_mismatch' },
    });
  });

  it('says when a user writes too often', async () => {
    const { token } = await register('EU');
    const player = await connect();
    await player.ask({ auth: token });
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, score) => player.ask({ score: { score, game } })),
    );
    expect(answers.find(({ status }) => status === 429)).toMatchObject({
      type: 'problem',
      body: { code: 'user_rate_limited' },
      retry_after: 1,
    });
  });
});
