import {
  type GameMessage,
  isGameMessage,
  parseQueueMessage,
} from '@leaderboard/shared/contracts/queue-message';
import { queueKey, rulesKey } from '@leaderboard/shared/topology/keys';
import supertest from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Games } from './domain/games.js';
import { type ServiceHarness, startService } from './testing/service-harness.js';

let service: ServiceHarness;
beforeAll(async () => {
  service = await startService({ PARTITIONS: '2', USER_WRITES_PER_SECOND: '0' });
});
beforeEach(async () => {
  await service.reset();
  for (const game of ['default', 'race', 'quiz', 'other']) service.services.games.forget(game);
});
afterAll(() => service.close());

const admin = () => service.token({ user_id: 'operator', role: 'admin' });
const server = () => service.token({ user_id: 'game-server', role: 'server' });
const http = () => supertest(service.app.server);
const put = (game: string, body: object, token = admin()) =>
  http().put(`/games/${game}`).auth(token, { type: 'bearer' }).send(body);
const score = (game: string, userId: string, value: number, region = 'EU') =>
  http()
    .post('/score')
    .auth(server(), { type: 'bearer' })
    .send({ user_id: userId, region, game, score: value });
const race = { operator: 'best', order: 'asc' };

describe('GET /regions', () => {
  it('has those that users can have, GLOBAL among them', async () => {
    const { body } = await http().get('/regions').expect(200);
    expect(body).toEqual({ regions: ['ASIA', 'EU', 'NA', 'GLOBAL'] });
  });
});

describe('GET /games', () => {
  it('has the default game before anybody defines it', async () => {
    const { body } = await http().get('/games').expect(200);
    const definition = { operator: 'best', order: 'desc', windows: [], timezone: 'UTC', overall: false };
    expect(body).toEqual({ games: [{ game: 'default', ...definition }] });
    expect((await http().get('/games/default').expect(200)).body).toEqual({ game: 'default', ...definition });
  });

  it('pages in the order of names, the default game in its place', async () => {
    for (const game of ['race', 'a', 'e', 'quiz']) await put(game, {}).expect(200);
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await http()
        .get(`/games?limit=2${cursor && `&cursor=${cursor}`}`)
        .expect(200);
      seen.push(...body.games.map(({ game }: { game: string }) => game));
      cursor = body.next_cursor ?? '';
    } while (cursor !== '');
    expect(seen).toEqual(['a', 'default', 'e', 'quiz', 'race']);
  });

  it('does not know a game that nobody made', async () => {
    expect((await http().get('/games/race').expect(404)).body.code).toBe('unknown_game');
    expect((await http().get('/top?game=race').expect(404)).body.code).toBe('unknown_game');
    expect((await score('race', 'ann', 1).expect(404)).body.code).toBe('unknown_game');
  });
});

describe('PUT /games/:game', () => {
  it('keeps what was sent and fills in the rest', async () => {
    const sent = {
      operator: 'incr',
      windows: ['daily', '24h'],
      timezone: 'Asia/Tokyo',
      overall: true,
      min_score: 0,
      max_score: 100,
      max_delta: 10,
    };
    const expected = { game: 'quiz', ...sent, order: 'desc', timezone: 'Asia/Tokyo', overall: true };
    expect((await put('quiz', sent).expect(200)).body).toEqual(expected);
    expect((await http().get('/games/quiz').expect(200)).body).toEqual(expected);
  });

  it('queues the definition for Postgres', async () => {
    await put('race', race).expect(200);
    const shard = service.services.shards.games;
    const [item] = (await service.redis.of(shard).send(['LRANGE', queueKey(shard), '0', '0'])) as string[];
    const parsed = parseQueueMessage(item ?? '');
    const message = 'message' in parsed && isGameMessage(parsed.message) ? parsed.message : undefined;
    expect(message as GameMessage).toMatchObject({ game: 'race', definition: { order: 'asc' } });
  });

  it('is for admins', async () => {
    await put('race', race, server()).expect(403);
    await http().put('/games/race').send(race).expect(401);
  });

  it.each<[string, object]>([
    ['an unknown operator', { operator: 'double' }],
    ['bounds that exclude everything', { min_score: 2, max_score: 1 }],
    ['a delta of nothing', { max_delta: 0 }],
    ['an unknown window', { windows: ['hourly'] }],
    ['a window twice', { windows: ['daily', 'daily'] }],
    ['an unknown time zone', { timezone: 'Mars/Olympus' }],
    ['an offset for a time zone', { timezone: '+01:00' }],
    ['an unknown field', { name: 'Race' }],
  ])('refuses %s', async (_, body) => {
    expect((await put('race', body).expect(400)).body.code).toBe('invalid_request');
    await http().get('/games/race').expect(404);
  });

  it('lets only one of many at once win, and all agree', async () => {
    const bodies = [race, { operator: 'set', order: 'desc' }, { operator: 'incr', order: 'asc' }];
    await Promise.all([...bodies, ...bodies].map((body) => put('race', body).expect(200)));
    const { body: game } = await http().get('/games/race');
    await score('race', 'ann', 5).expect(200);
    await score('race', 'bob', 5, 'ASIA').expect(200);
    const rules = `${game.operator}:${game.order}`;
    const pins = await Promise.all(
      service.services.shards.shards.map((shard) =>
        service.redis.of(shard).send(['HGET', rulesKey(shard), 'race']),
      ),
    );
    expect(pins.filter((pin) => pin !== null).map((pin) => String(pin).replace('~', ''))).toEqual(
      expect.arrayContaining([rules]),
    );
    expect(new Set(pins.filter((pin) => pin !== null).map((pin) => String(pin).replace('~', ''))).size).toBe(
      1,
    );
  });
});

describe('a game with scores', () => {
  it('keeps its operator and order, and may change the rest', async () => {
    await put('race', race).expect(200);
    await score('race', 'ann', 5).expect(200);
    expect((await put('race', { ...race, order: 'desc' }).expect(409)).body.code).toBe('game_in_use');
    expect((await put('race', { ...race, operator: 'incr' }).expect(409)).body.code).toBe('game_in_use');
    await put('race', { ...race, min_score: 3 }).expect(200);
    await score('race', 'ann', 4).expect(200);
    await score('race', 'bob', 1, 'ASIA').expect(422);
    await score('race', 'bob', 9, 'ASIA').expect(200);
  });

  it('may change them again when its last score was removed', async () => {
    await put('race', race).expect(200);
    await score('race', 'rita', 5).expect(200);
    await http().delete('/score/rita?game=race').auth(admin(), { type: 'bearer' }).expect(204);
    await put('race', { order: 'desc' }).expect(200);
    await score('race', 'rita', 7).expect(200);
    expect((await score('race', 'rita', 6).expect(200)).body.score).toBe(7);
  });

  it('is the default game, too', async () => {
    await put('default', race).expect(200);
    await score('default', 'ann', 5).expect(200);
    await score('default', 'bob', 3, 'ASIA').expect(200);
    const { body } = await http().get('/top');
    expect(body.rows.map((row: { user_id: string }) => row.user_id)).toEqual(['bob', 'ann']);
    await put('default', {}).expect(409);
  });

  it('refuses a first write of an instance that knows the game as it was', async () => {
    await put('race', race).expect(200);
    await service.services.games.rulesOf('race');
    // Another instance changes the game: this one does not hear of it.
    const other = Object.getPrototypeOf(service.services.games).forget;
    service.services.games.forget = () => {};
    await put('race', { operator: 'incr', order: 'desc' }).expect(200);
    service.services.games.forget = other;
    expect((await service.services.games.rulesOf('race')).rules).toBe('best:asc');

    await score('race', 'ann', 5).expect(200);
    expect((await score('race', 'ann', 5).expect(200)).body.score).toBe(10);
  });

  it('recovers from a change that died between its pins and its end', async () => {
    await put('race', race).expect(200);
    for (const shard of service.services.shards.shards) {
      await service.redis.of(shard).send(['HSET', rulesKey(shard), 'race', '~set:desc']);
    }
    expect((await score('race', 'ann', 5).expect(200)).body.score).toBe(5);
    expect((await score('race', 'ann', 9).expect(200)).body.score).toBe(5);
  });
});

describe('operators, order and bounds', () => {
  it('best on a board that reads from low to high keeps the lowest', async () => {
    await put('race', race).expect(200);
    await score('race', 'ann', 50).expect(200);
    expect((await score('race', 'ann', 40).expect(200)).body).toMatchObject({ score: 40, best: true });
    expect((await score('race', 'ann', 60).expect(200)).body).toMatchObject({ score: 40, best: false });
    await score('race', 'bob', 45, 'ASIA').expect(200);
    const { body } = await http().get('/top?game=race');
    expect(body.rows.map((row: { user_id: string }) => row.user_id)).toEqual(['ann', 'bob']);
    expect((await http().get('/rank/bob?game=race')).body).toMatchObject({ rank: 2, score: 45 });
  });

  it('incr takes the score as a delta, within its bounds', async () => {
    await put('quiz', { operator: 'incr', min_score: 0, max_score: 25, max_delta: 10 }).expect(200);
    expect((await score('quiz', 'ann', 10).expect(200)).body.score).toBe(10);
    expect((await score('quiz', 'ann', 10).expect(200)).body.score).toBe(20);
    for (const delta of [11, -11, 6, -21]) {
      expect((await score('quiz', 'ann', delta).expect(422)).body.code).toBe('score_out_of_range');
    }
    expect((await score('quiz', 'ann', 5).expect(200)).body.score).toBe(25);
  });

  it('games do not meet', async () => {
    await put('quiz', {}).expect(200);
    await score('quiz', 'ann', 7).expect(200);
    await http().get('/rank/ann').expect(404);
    await score('default', 'ann', 3).expect(200);
    expect((await http().get('/rank/ann?game=quiz')).body.score).toBe(7);
  });
});

describe('what an instance remembers of a game', () => {
  it('is asked for once by many at the same time, and again when there was none', async () => {
    let reads = 0;
    const games = new Games({
      find: async () => {
        reads += 1;
        return undefined;
      },
    } as never);
    const unknown = () => expect(games.rulesOf('nothing')).rejects.toMatchObject({ code: 'unknown_game' });
    await Promise.all(Array.from({ length: 5 }, unknown));
    expect(reads).toBe(1);
    await unknown();
    expect(reads).toBe(2);
  });

  it('goes on to count while it cannot be asked for', async () => {
    let isAway = false;
    const games = new Games({
      find: async () => {
        if (isAway) throw new Error('away');
        return undefined;
      },
    } as never);
    await games.rulesOf('default');
    isAway = true;
    games.forget('default');
    expect((await games.rulesOf('default')).rules).toBe('best:desc');
  });
});
