import {
  type AnswerHead,
  batchPath,
  encodeFrame,
  FrameDecoder,
  type Framed,
  isRequestHead,
  type RequestHead,
} from '@leaderboard/shared/http/batch-frame';
import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Arrival,
  type Behaviour,
  cutConnection,
  type FakeService,
  neverAnswer,
} from './testing/fake-service.js';
import { bearer, startSystem } from './testing/gateway-harness.js';
import { until } from './testing/until.js';

let close: () => Promise<void> = async () => {};
afterEach(() => close());

async function start(count: number, environment: Record<string, string> = {}) {
  const system = await startSystem(count, environment);
  close = system.close;
  const [first, second] = system.services as [FakeService, FakeService];
  return { ...system, first, second };
}

const requestsOf = ({ bytes }: Arrival): Framed<RequestHead>[] =>
  new FrameDecoder(isRequestHead, 1e9).push(bytes);
const batchesOf = (service: FakeService) => service.arrivals.filter(({ path }) => path === batchPath);

/** The answer to one request of a batch: its body again. */
const echo = (requests: Framed<RequestHead>[], at: number): Framed<AnswerHead> => ({
  head: [at, 200, { 'content-type': 'application/json' }],
  body: requests[at]?.body ?? Buffer.alloc(0),
});

/**
 * Batches are answered as told. Until the first has come, requests that travel by themselves wait for it: so there is one.
 */
function answerBatches(service: FakeService, behaviour: Behaviour): void {
  let waiting: (() => void)[] | undefined = [];
  service.behaviour = (arrival, response) => {
    const answer = () => response.end(arrival.body);
    if (waiting) waiting.push(answer);
    else answer();
  };
  service.batches = (arrival, response) => {
    for (const release of waiting ?? []) release();
    waiting = undefined;
    behaviour(arrival, response);
  };
}
const echoAll: Behaviour = (arrival, response) => {
  const requests = requestsOf(arrival);
  response.end(encodeFrame(requests.map((_, at) => echo(requests, at))));
};
const echoAlone: Behaviour = (arrival, response) => {
  response.end(arrival.body);
};

const sendAll = (url: string, count: number, headers: (at: number) => Record<string, string> = () => ({})) =>
  Promise.all(
    Array.from({ length: count }, async (_, at) => {
      const answer = await request(`${url}/score`, {
        method: 'POST',
        headers: { ...bearer(), 'content-type': 'application/json', ...headers(at) },
        body: `{"score":${at}}`,
      });
      const text = await answer.body.text();
      return {
        status: answer.statusCode,
        headers: answer.headers,
        text,
        code: /"code":"(\w+)"/.exec(text)?.[1],
      };
    }),
  );
const count = 40;
const bodies = Array.from({ length: count }, (_, at) => `{"score":${at}}`);

describe('requests of the same moment', () => {
  it('travel together, and each gets its own answer', async () => {
    const { gateway, first } = await start(1);
    answerBatches(first, echoAll);
    const answers = await sendAll(gateway.url, count);
    expect(answers.map(({ text }) => text)).toEqual(bodies);
    expect(answers.every(({ headers }) => headers['x-upstream-addr'] === first.address)).toBe(true);
    expect(first.arrivals.length).toBeLessThan(count);
    expect(batchesOf(first).length).toBeGreaterThan(0);
  });

  it('keep their own request id, token and key', async () => {
    const { gateway, first } = await start(1);
    answerBatches(first, echoAll);
    await sendAll(gateway.url, count, (at) => ({
      'x-request-id': `id-${at}`,
      'idempotency-key': `key-${at}`,
    }));
    for (const { head, body } of batchesOf(first).flatMap(requestsOf)) {
      const at = /\d+/.exec(body.toString())?.[0];
      const headers = head[2];
      expect(headers[headers.indexOf('x-request-id') + 1]).toBe(`id-${at}`);
      expect(headers[headers.indexOf('idempotency-key') + 1]).toBe(`key-${at}`);
      expect(headers[headers.indexOf('authorization') + 1]).toMatch(/^Bearer /);
    }
  });

  it('travel alone with UPSTREAM_BATCHES=false', async () => {
    const { gateway, first } = await start(1, { UPSTREAM_BATCHES: 'false' });
    first.behaviour = echoAlone;
    await sendAll(gateway.url, count);
    expect(first.arrivals.length).toBe(count);
  });

  it('travel alone to a service that takes no batches', async () => {
    const { gateway, first } = await start(1);
    first.batches = 'refuse';
    first.behaviour = echoAlone;
    expect((await sendAll(gateway.url, count)).map(({ text }) => text)).toEqual(bodies);
    expect(gateway.statusOf(first)).toBe('up');
  });
});

describe('a batch that fails', () => {
  const mixed = (at: number): Record<string, string> => (at % 2 === 0 ? { 'idempotency-key': `k${at}` } : {});

  it('is repeated for those with a key and leaves the others unknown', async () => {
    const { gateway, first } = await start(1);
    answerBatches(first, cutConnection);
    const answers = await sendAll(gateway.url, count, mixed);
    const inBatches = new Set(
      batchesOf(first)
        .flatMap(requestsOf)
        .map(({ body }) => body.toString()),
    );
    for (const [at, { status, text, code }] of answers.entries()) {
      const isSafe = at % 2 === 0 || !inBatches.has(bodies[at] as string);
      if (isSafe) expect(text).toBe(bodies[at]);
      else expect([status, code]).toEqual([502, 'outcome_unknown']);
    }
    expect(answers.some(({ code }) => code === 'outcome_unknown')).toBe(true);
  });

  it.each<[string, Behaviour]>([
    [
      'is short of answers',
      (arrival, response) => {
        const requests = requestsOf(arrival);
        response.end(encodeFrame([echo(requests, 0)]));
      },
    ],
    [
      'breaks off in an answer',
      (arrival, response) => {
        const requests = requestsOf(arrival);
        response.write(encodeFrame([echo(requests, 0)]));
        response.write(encodeFrame([echo(requests, 1)]).subarray(0, -3), () =>
          response.socket?.resetAndDestroy(),
        );
      },
    ],
  ])('because it %s keeps the answers that came', async (_, behaviour) => {
    const { gateway, first } = await start(1);
    answerBatches(first, behaviour);
    const answers = await sendAll(gateway.url, count);
    const answered = new Set(batchesOf(first).map((batch) => requestsOf(batch)[0]?.body.toString()));
    for (const batch of batchesOf(first)) {
      for (const { body } of requestsOf(batch)) {
        const answer = answers[bodies.indexOf(body.toString())];
        if (answered.has(body.toString())) expect(answer?.text).toBe(body.toString());
        else expect(answer?.code).toBe('outcome_unknown');
      }
    }
    expect(answers.filter(({ code }) => code === 'outcome_unknown').length).toBeGreaterThan(0);
  });

  it('because its answer is garbage leaves the outcome unknown', async () => {
    const { gateway, first } = await start(1);
    answerBatches(first, (_, response) => response.end('garbage that is no frame at all'));
    const answers = await sendAll(gateway.url, count);
    expect(answers.filter(({ code }) => code === 'outcome_unknown').length).toBeGreaterThan(0);
    expect(answers.every(({ status }) => status === 200 || status === 502)).toBe(true);
  });

  it('because nobody listens goes to another service: it was never sent', async () => {
    const { gateway, first, second } = await start(2, { PROBE_INTERVAL_MS: '60000' });
    answerBatches(second, echoAll);
    await first.crash();
    expect((await sendAll(gateway.url, count)).map(({ text }) => text)).toEqual(bodies);
  });
});

describe('a request that takes longer', () => {
  it('does not hold up those that travel with it', async () => {
    const { gateway, first } = await start(1, { UPSTREAM_TIMEOUT_MS: '60000' });
    const held: (() => void)[] = [];
    answerBatches(first, (arrival, response) => {
      const requests = requestsOf(arrival);
      const [slow, ...others] = requests.keys();
      response.write(encodeFrame(others.map((at) => echo(requests, at))));
      held.push(() => response.end(encodeFrame([echo(requests, slow as number)])));
    });
    let answered = 0;
    const all = Array.from({ length: count }, async (_, at) => {
      const answer = await request(`${gateway.url}/score`, {
        method: 'POST',
        headers: { ...bearer(), 'content-type': 'application/json' },
        body: bodies[at] as string,
      });
      await answer.body.text();
      answered += 1;
    });
    await until(
      () => held.length > 0 && answered === count - held.length,
      'all but the slow ones are answered',
    );
    for (const release of held) release();
    await Promise.all(all);
  });

  it('than its deadline is over for all who wait for it', async () => {
    const { gateway, first } = await start(1, { UPSTREAM_TIMEOUT_MS: '300' });
    first.behaviour = neverAnswer;
    first.batches = neverAnswer;
    const answers = await sendAll(gateway.url, count);
    for (const { status, code } of answers) {
      expect([
        [504, 'outcome_unknown'],
        [503, 'no_upstream'],
      ]).toContainEqual([status, code]);
    }
  });
});

describe('what is internal', () => {
  it.each(['/internal/batch', '/%69nternal/batch', '/internal/', '/internal/batch?x=1'])(
    '%s is not forwarded',
    async (path) => {
      const { gateway, first } = await start(1);
      const answer = await request(`${gateway.url}${path}`, { method: 'POST', headers: bearer(), body: 'x' });
      expect(answer.statusCode).toBe(404);
      expect(await answer.body.json()).toMatchObject({ code: 'not_found' });
      expect(first.arrivals).toEqual([]);
    },
  );
});
