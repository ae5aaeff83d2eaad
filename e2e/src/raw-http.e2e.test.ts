import { connect } from 'node:net';
import { describe, expect, inject, it } from 'vitest';

/** Requests that no HTTP client would write, by raw sockets. */

function exchange(
  lines: string,
  { timeoutMs = 20_000 } = {},
): Promise<{ answer: string; closedAfterMs: number }> {
  const { hostname, port } = new URL(inject('stack').url);
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let answer = '';
    const giveUp = setTimeout(() => {
      socket.destroy();
      reject(new Error(`not closed after ${timeoutMs} ms: ${answer}`));
    }, timeoutMs);
    socket.on('connect', () => socket.write(lines));
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(giveUp);
      resolve({ answer, closedAfterMs: performance.now() - startedAt });
    });
  });
}

const head = (...lines: string[]) =>
  `${['POST /score HTTP/1.1', 'Host: x', 'Connection: close', ...lines].join('\r\n')}\r\n\r\n`;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
const statusOf = (answer: string) => Number(answer.split(' ', 2)[1]);
function expectProblem(answer: string, ...statuses: number[]) {
  expect(statuses).toContain(statusOf(answer));
  expect(answer.toLowerCase()).toContain('content-type: application/problem+json');
  const problem = JSON.parse(
    answer.slice(answer.indexOf('\r\n\r\n') + 4).replace(/^[0-9a-f]+\r\n|\r\n0\r\n\r\n$/gi, ''),
  );
  expect(problem).toMatchObject({
    status: statusOf(answer),
    code: expect.any(String),
    request_id: expect.any(String),
  });
}

describe('a request is refused with 400 when it has', () => {
  it.each([
    ['both lengths', `${head('Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n`],
    ['two lengths', `${head('Content-Length: 4', 'Content-Length: 5')}{}  `],
    ['two hosts', 'GET /top HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n'],
    ['%00 in its path', get('/rank/a%00b')],
    ['%zz in its path', get('/rank/%zz')],
    ['a path that climbs out', get('/../../etc/passwd')],
  ])('%s', async (_, request) => {
    expectProblem((await exchange(request)).answer, 400);
  });
});

it('CONNECT is refused', async () => {
  expectProblem(
    (await exchange('CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n')).answer,
    400,
    405,
  );
});

it('a method that nobody knows is refused with 400 or 405', async () => {
  expectProblem(
    (await exchange('FOO /top HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).answer,
    400,
    405,
  );
});

it('a 9 KB address is refused with 414', async () => {
  expectProblem((await exchange(get(`/top?cursor=${'a'.repeat(9000)}`))).answer, 414);
});

it('an oversized header is refused with 400 or 431', async () => {
  const request = `GET /top HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Big: ${'a'.repeat(40_000)}\r\n\r\n`;
  expectProblem((await exchange(request)).answer, 400, 431);
});

describe('a connection is closed within 15 s when', () => {
  it.concurrent.each([
    ['its header never ends', 'GET /top HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    [
      'its body never comes',
      'POST /score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n',
    ],
  ])('%s', async (_, request) => {
    expect((await exchange(request)).closedAfterMs).toBeLessThan(15_000);
  });
});
