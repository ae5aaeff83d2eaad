import {
  batchPath,
  batchType,
  encodeFrame,
  FrameDecoder,
  isAnswerHead,
  type RequestHead,
} from '@leaderboard/shared/http/batch-frame';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ServiceHarness, startService } from '../testing/service-harness.js';

let service: ServiceHarness;
beforeAll(async () => {
  service = await startService({ USER_WRITES_PER_SECOND: '1', USER_WRITES_BURST: '4' });
});
beforeEach(() => service.reset());
afterAll(() => service.close());

interface Request {
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}
interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

async function sendBatch(requests: Request[]): Promise<Answer[]> {
  const items = requests.map(({ method, path, headers = {}, body = '' }) => ({
    head: [method, path, Object.entries(headers).flat()] as RequestHead,
    body: Buffer.from(body),
  }));
  const response = await service.app.inject({
    method: 'POST',
    url: batchPath,
    headers: { 'content-type': batchType },
    payload: encodeFrame(items),
  });
  expect(response.statusCode).toBe(200);
  const answers: Answer[] = [];
  for (const { head, body } of new FrameDecoder(isAnswerHead, 1e9).push(response.rawPayload)) {
    answers[head[0]] = { status: head[1], headers: head[2], body: body.toString() };
  }
  return answers;
}

async function sendAlone({ method, path, headers = {}, body }: Request): Promise<Answer> {
  const response = await service.app.inject({
    method,
    url: path,
    headers,
    ...(body !== undefined && { payload: body }),
  });
  return { status: response.statusCode, headers: response.headers, body: response.body };
}

/** Without what differs from one call to the next. */
function comparable({ status, headers, body }: Answer) {
  const { 'content-length': _length, connection: _connection, date: _date, ...kept } = headers;
  return { status, headers: kept, body: body.replace(/"updated_at":"[^"]*"/g, '"updated_at":"…"') };
}

const token = (user: string, role: 'player' | 'server' = 'player') =>
  service.token({ user_id: user, region: 'EU', role });
const json = 'application/json';
const post = (
  path: string,
  user: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Request => ({
  method: 'POST',
  path,
  headers: {
    'x-request-id': 'r-1',
    authorization: `Bearer ${token(user)}`,
    'content-type': json,
    ...headers,
  },
  body,
});
const get = (path: string, headers: Record<string, string> = {}): Request => ({
  method: 'GET',
  path,
  headers: { 'x-request-id': 'r-1', ...headers },
});

/** One of each kind of answer; none depends on another. */
const requests = (): Request[] => [
  post('/score', 'alice', '{"score":10}'),
  post('/score/add', 'bob', '{"delta":5}', { 'idempotency-key': 'k1' }),
  post('/score/create', 'cara', '{}'),
  post('/score/update', 'dora', '{"score":-3}'),
  post('/score', 'erik', '{"score":1.5}'),
  post('/score', 'erik', '{"score":"5"}'),
  post('/score', 'erik', '{"score":1,"user_id":"alice"}'),
  post('/score', 'erik', '{"score":'),
  post('/score', 'erik', ''),
  post('/score', 'erik', Buffer.from([0x7b, 0xff, 0x7d])),
  post('/score', 'erik', '{"score":1}', { 'content-type': 'text/plain' }),
  post('/score', 'erik', '{"score":1}', { 'content-encoding': 'gzip' }),
  post('/score', 'erik', '{"score":1}', { 'idempotency-key': 'x'.repeat(129) }),
  post('/score', 'erik', '{"score":1,"game":"nowhere"}'),
  post('/score', 'erik', `{"score":1,"name":"${'n'.repeat(20_000)}"}`),
  post('/score', 'erik', '{"score":1}', { authorization: 'Bearer a.b.c' }),
  { ...post('/score', 'erik', '{"score":1}'), headers: { 'x-request-id': 'r-1', 'content-type': json } },
  get('/top?region=NA'),
  get('/rank/nobody'),
  get('/ranks?user_ids=nobody&region=NA'),
  get('/around/nobody?range=0'),
  get('/top?limit=abc'),
  get('/rank/%zz'),
  get('/nowhere'),
  get('/score'),
  get('/health/live'),
];

describe('a batch', () => {
  it('answers each request as if it had come by itself', async () => {
    const alone = [];
    for (const request of requests()) alone.push(comparable(await sendAlone(request)));
    await service.reset();
    const together = (await sendBatch(requests())).map(comparable);
    // Four write at once here: their rank depends on who is first.
    const withoutRank = (answer: Answer) => ({
      ...answer,
      body: answer.body.replace(/"rank":\d/, '"rank":…'),
    });
    expect(together.map(withoutRank)).toEqual(alone.map(withoutRank));
    expect(new Set(alone.map(({ status }) => status))).toEqual(
      new Set([200, 201, 400, 401, 403, 404, 405, 413, 415]),
    );
  });

  it('keeps the limits and the key of each', async () => {
    const keyed = post('/score/add', 'bob', '{"delta":5}', { 'idempotency-key': 'k1' });
    const answers = await sendBatch([
      keyed,
      keyed,
      keyed,
      ...Array.from({ length: 6 }, () => post('/score', 'alice', '{"score":1}')),
    ]);
    const [first, second, third, ...limited] = answers;
    expect([first?.status, second?.body, third?.body]).toEqual([200, first?.body, first?.body]);
    expect(answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true')).toHaveLength(2);
    expect(limited.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 429, 429]);
    expect(limited.find(({ status }) => status === 429)?.headers).toHaveProperty('retry-after');
  });

  it('does not hold another batch', async () => {
    const inner = encodeFrame([{ head: ['GET', '/top', []] as RequestHead, body: Buffer.alloc(0) }]);
    const [answer] = await sendBatch([
      { method: 'POST', path: batchPath, headers: { 'content-type': batchType }, body: inner },
    ]);
    expect(answer?.status).toBe(404);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['no frame', Buffer.from('{"score":1}')],
    [
      'half a frame',
      encodeFrame([{ head: ['GET', '/top', []] as RequestHead, body: Buffer.alloc(9) }]).subarray(0, -1),
    ],
    [
      'heads that are none',
      encodeFrame([{ head: ['GET', 'top', []] as RequestHead, body: Buffer.alloc(0) }]),
    ],
  ])('that is %s is refused as a whole', async (_, payload) => {
    const response = await service.app.inject({
      method: 'POST',
      url: batchPath,
      headers: { 'content-type': batchType },
      payload,
    });
    expect(response.statusCode).toBe(400);
    expect(response.json().code).toBe('malformed_body');
  });
});
