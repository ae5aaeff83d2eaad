import { beforeAll, describe, expect, inject, it } from 'vitest';
import { adminToken, call, expectProblem, freshId, mint, register, serverToken } from './testing/client.js';

const put = (game: string, body: object, token = adminToken()) =>
  call(`/games/${game}`, { method: 'PUT', body, token });
const post = (game: string, userId: string, score: number, region = 'EU') =>
  call('/score', { token: serverToken(), body: { game, user_id: userId, region, score } });

describe('a game', () => {
  const game = freshId('race');
  beforeAll(async () => {
    const { status, body } = await put(game, { order: 'asc', max_score: 1000 });
    expect({ status, body }).toMatchObject({ status: 200, body: { game, operator: 'best', order: 'asc' } });
  });

  it('is known to every service within two seconds, and stands in the list', async () => {
    const deadline = Date.now() + 2_000;
    for (const base of inject('stack').serviceUrls) {
      let status = 0;
      while (status !== 200 && Date.now() < deadline) ({ status } = await call(`/games/${game}`, { base }));
      expect(status).toBe(200);
    }
    let cursor = '';
    const names: string[] = [];
    do {
      const { body } = await call(`/games?limit=3${cursor && `&cursor=${cursor}`}`);
      names.push(...body.games.map((one: { game: string }) => one.game));
      cursor = body.next_cursor ?? '';
    } while (cursor !== '');
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(['default', game]));
  });

  it('has a board of its own, in its own order', async () => {
    const [slow, fast] = [freshId(), freshId()];
    expect((await post(game, slow, 90)).body).toMatchObject({ game, score: 90, rank: 1 });
    await post(game, fast, 70, 'ASIA');
    await post(game, fast, 80, 'ASIA');
    const { body } = await call(`/top?game=${game}`);
    expect(body.rows.map((row: { user_id: string }) => row.user_id)).toEqual([fast, slow]);
    expect((await call(`/rank/${slow}?game=${game}`)).body).toMatchObject({ rank: 2, score: 90 });
    expect((await call(`/around/${fast}?game=${game}`)).body.around).toHaveLength(1);
    expectProblem(await call(`/rank/${slow}`), 404, 'not_ranked');
    expectProblem(await post(game, fast, 1001, 'ASIA'), 422, 'score_out_of_range');
  });

  it('keeps operator and order once it has scores', async () => {
    await post(game, freshId(), 50);
    expectProblem(await put(game, { order: 'desc' }), 409, 'game_in_use');
    expectProblem(await put(game, { order: 'asc', operator: 'set' }), 409, 'game_in_use');
    expect((await put(game, { order: 'asc' })).status).toBe(200);
  });

  it('adds where its operator says so, no more than allowed at once', async () => {
    const quiz = freshId('quiz');
    const { userId } = await register('NA');
    await put(quiz, { operator: 'incr', max_delta: 10 });
    await post(quiz, userId, 10, 'NA');
    expect((await post(quiz, userId, 5, 'NA')).body).toMatchObject({ score: 15, previous_score: 10 });
    expectProblem(await post(quiz, userId, 11, 'NA'), 422, 'score_out_of_range');
  });
});

describe('a board of 200', () => {
  const game = freshId('board');
  beforeAll(async () => {
    await put(game, {});
    const regions = ['EU', 'ASIA', 'NA'];
    await Promise.all(
      Array.from({ length: 200 }, (_, at) => post(game, freshId('p'), (at + 1) * 10, regions[at % 3])),
    );
  });

  it('says which score the best percent have', async () => {
    const { body } = await call(`/score-at?game=${game}`);
    expect(body).toMatchObject({ game, total: 200, percentile: 1, rank: 2, score: 1990 });
    expect((await call(`/score-at?game=${game}&percentile=100`)).body).toMatchObject({
      rank: 200,
      score: 10,
    });
    expect((await call(`/score-at?game=${game}&percentile=0.01`)).body).toMatchObject({
      rank: 1,
      score: 2000,
    });
  });

  it('says where a score would stand, and who is there', async () => {
    const { body } = await call(`/around-score?game=${game}&score=1995&range=1`);
    expect(body).toMatchObject({ rank: 2, around: [{ score: 2000 }, { score: 1990 }] });
    const above = await call(`/around-score?game=${game}&score=5000&range=2`);
    expect(above.body).toMatchObject({ rank: 1, around: [{ rank: 1 }, { rank: 2 }] });
    const below = await call(`/around-score?game=${game}&score=-1&range=2`);
    expect(below.body).toMatchObject({ rank: 201, around: [{ rank: 199 }, { rank: 200 }] });
  });

  it.each([
    'score-at?percentile=0',
    'score-at?percentile=101',
    'score-at?percentile=best',
    'around-score',
    'around-score?score=1.5',
    'around-score?score=9007199254740993',
    'around-score?score=1&range=0',
  ])('refuses /%s', async (path) => {
    expectProblem(await call(`/${path}`), 400, 'invalid_request');
  });

  it('is asked in vain while it is empty', async () => {
    const empty = freshId('empty');
    await put(empty, {});
    expectProblem(await call(`/score-at?game=${empty}`), 404, 'not_ranked');
  });
});

describe('what is refused', () => {
  it('an unknown game, everywhere', async () => {
    const game = freshId('nothing');
    for (const path of [`/games/${game}`, `/top?game=${game}`, `/rank/a?game=${game}`])
      expectProblem(await call(path), 404, 'unknown_game');
    expectProblem(await post(game, freshId(), 1), 404, 'unknown_game');
  });

  it.each([
    ['an unknown window', { windows: ['hourly'] }],
    ['an unknown time zone', { timezone: 'Mars/Olympus' }],
    ['bounds that exclude everything', { min_score: 1, max_score: 0 }],
    ['a score that is text', { max_score: '9' }],
    ['an unknown field', { title: 'Race' }],
  ])('%s', async (_, body) => {
    expectProblem(await put(freshId('bad'), body), 400, 'invalid_request');
  });

  it('a bad name, and anybody but an admin', async () => {
    expectProblem(await put('a:b', {}), 400);
    expectProblem(await put(freshId('game'), {}, serverToken()), 403, 'forbidden');
    expectProblem(await put(freshId('game'), {}, mint({ user_id: 'eve' })), 403, 'forbidden');
    expectProblem(await call('/games/race', { method: 'PUT', body: {} }), 401, 'unauthorized');
  });
});
