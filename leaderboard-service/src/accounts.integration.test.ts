import supertest from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ServiceHarness, startService } from './testing/service-harness.js';

let service: ServiceHarness;
beforeAll(async () => {
  service = await startService();
});
beforeEach(() => service.reset());
afterAll(() => service.close());

const http = () => supertest(service.app.server);
const register = (body: object) => http().post('/auth/register').send(body);
const login = (user_id: string, password: string) => http().post('/auth/login').send({ user_id, password });
const alice = { user_id: 'alice', name: 'Alice', region: 'asia', password: 'correct horse' };

describe('registration', () => {
  it('answers a token that works, and the user', async () => {
    const { body } = await register(alice).expect(201);
    expect(body.user).toEqual({ user_id: 'alice', name: 'Alice', region: 'ASIA' });
    expect(body.password).toBeUndefined();
    const me = await http().get('/auth/me').auth(body.token, { type: 'bearer' }).expect(200);
    expect(me.body).toEqual({ user_id: 'alice', name: 'Alice', region: 'ASIA', role: 'player' });
  });

  it('makes a strong password when none is given', async () => {
    const { body } = await register({ user_id: 'bob', name: 'Bob' }).expect(201);
    expect(body.user.region).toBe('GLOBAL');
    expect(body.password.length).toBeGreaterThanOrEqual(20);
    await login('bob', body.password).expect(200);
  });

  it('ranks the initial score', async () => {
    await register({ ...alice, initialScore: 70 }).expect(201);
    const { body } = await http().get('/rank/alice?region=ASIA').expect(200);
    expect(body).toMatchObject({ rank: 1, score: 70, name: 'Alice' });
  });

  it('takes an id once', async () => {
    await register(alice).expect(201);
    const { body } = await register({ ...alice, password: 'another one' }).expect(409);
    expect(body.code).toBe('user_exists');
  });

  it('takes an id once of ten at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => register(alice)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
  });

  it.each([
    ['too many bytes', 'ü'.repeat(40)],
    ['too short', '1234567'],
    ['a NUL', 'password\u0000x'],
  ])('refuses a password with %s', async (_, password) => {
    await register({ ...alice, password }).expect(400);
  });
});

describe('login', () => {
  beforeEach(() => register(alice).expect(201));

  it('answers a token and the user', async () => {
    const { body } = await login('alice', alice.password).expect(200);
    expect(body).toEqual({
      token: expect.any(String),
      user: { user_id: 'alice', name: 'Alice', region: 'ASIA' },
    });
  });

  it('tells nothing about which of the two was wrong', async () => {
    const wrong = await login('alice', 'wrong password').expect(401);
    const unknown = await login('nobody', 'wrong password').expect(401);
    expect({ ...wrong.body, request_id: '' }).toEqual({ ...unknown.body, request_id: '' });
    expect(wrong.body.code).toBe('bad_credentials');
  });
});

describe('tokens', () => {
  it('are refused when tampered with', async () => {
    const { body } = await register(alice);
    const [head, , signature] = body.token.split('.');
    const claims = Buffer.from(JSON.stringify({ user_id: 'bob', role: 'admin' })).toString('base64url');
    const answer = await http()
      .get('/auth/me')
      .auth(`${head}.${claims}.${signature}`, { type: 'bearer' })
      .expect(401);
    expect(answer.body.detail).toContain('/auth/login');
  });
});
