import { type Caller, mintToken } from '@leaderboard/shared/http/auth';
import { expect, inject } from 'vitest';

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test may look at any part of any answer
  body: any;
}

export interface Call {
  method?: string;
  token?: string;
  /** Sent as JSON; a string or bytes are sent as they are. */
  body?: object | string | Uint8Array;
  headers?: Record<string, string>;
  /** NGINX unless another process is meant. */
  base?: string;
}

/** One HTTP call to the stack under test, which answers with nothing that it has kept. */
export async function call(path: string, { method, token, body, headers, base }: Call = {}): Promise<Answer> {
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch((base ?? inject('stack').url) + path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      'cache-control': 'no-cache',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: raw ? (body as string) : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

export const mint = (caller: Partial<Caller> & { user_id: string }) =>
  mintToken(
    { name: caller.user_id, region: 'GLOBAL', role: 'player', ...caller },
    inject('stack').jwtSecret,
    600,
  );

/** A token that may post for anybody. */
export const serverToken = () => mint({ user_id: 'game-server', role: 'server' });
export const adminToken = () => mint({ user_id: 'operator', role: 'admin' });

let users = 0;
const run = Math.random().toString(36).slice(2, 8);
/** A user id that no other test uses. */
export const freshId = (prefix = 'user') => `${prefix}-${run}-${process.pid}-${++users}`;

export interface Registered {
  userId: string;
  token: string;
  password: string;
}

export async function register(region = 'GLOBAL', extra: object = {}): Promise<Registered> {
  const userId = freshId();
  const { status, body } = await call('/auth/register', {
    body: { user_id: userId, name: userId, region, ...extra },
  });
  expect(status).toBe(201);
  return { userId, token: body.token, password: body.password };
}

/** Checks that an answer is a problem of this kind, with everything a problem must have. */
export function expectProblem(answer: Answer, status: number, code?: string): void {
  expect({ status: answer.status, body: answer.body }).toMatchObject({
    status,
    body: {
      type: expect.any(String),
      title: expect.any(String),
      status,
      detail: expect.any(String),
      code: code ?? expect.any(String),
      request_id: expect.stringMatching(/.+/),
    },
  });
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.headers.get('x-request-id')).toBe(answer.body.request_id);
}
