import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeService, neverAnswer } from '../testing/fake-service.js';
import { until } from '../testing/until.js';
import type { Call } from './call.js';
import { UpstreamHealth } from './health.js';
import { Upstream } from './upstream.js';

const deadline = 1_000_000_000;
const write = (path: string): Call => ({
  method: 'POST',
  path,
  headers: [],
  body: undefined,
  redelivery: 'harmful',
});

let service: FakeService;
let upstream: Upstream;

beforeEach(async () => {
  service = await FakeService.start();
  const health = new UpstreamHealth({ now: () => 0, mayEject: () => false, onChange: () => {} });
  const settings = { connections: 1, connectTimeoutMs: 1_000 };
  upstream = new Upstream(service.address, health, settings, () => {});
});
afterEach(async () => {
  await upstream.close();
  await service.crash();
});

describe('requests for the one connection there is', () => {
  async function oneRunsAndOneWaits() {
    service.behaviour = neverAnswer;
    const running = upstream.exchange(write('/running'), deadline);
    await until(() => service.arrivals.length === 1, 'the first has arrived');
    return [running, upstream.exchange(write('/waiting'), deadline)] as const;
  }

  it('are late alike at the deadline, but only the first was sent', async () => {
    const [running, waiting] = await oneRunsAndOneWaits();
    upstream.endLate(deadline);
    expect(await running).toMatchObject({ kind: 'late', sent: true });
    expect(await waiting).toMatchObject({ kind: 'late', sent: false });
  });

  it('are not sent any more once they have ended', async () => {
    await oneRunsAndOneWaits();
    upstream.endLate(deadline);
    service.behaviour = (_arrival, response) => response.end();
    expect(await upstream.exchange(write('/next'), deadline)).toMatchObject({ status: 200 });
    expect(service.arrivals.map(({ path }) => path)).toEqual(['/running', '/next']);
  });

  it('may be taken elsewhere when the service dies, except the write that was sent', async () => {
    const [running, waiting] = await oneRunsAndOneWaits();
    upstream.abandon('dead');
    expect(await waiting).toMatchObject({ kind: 'abandoned', sent: false });
    expect(upstream.state().running).toBe(1);
    upstream.endLate(deadline);
    expect(await running).toMatchObject({ kind: 'late', sent: true });
  });
});

describe('a batch', () => {
  it('is awaited for a moment by what would be a small one, and no longer when nothing comes', async () => {
    service.behaviour = neverAnswer;
    const before = performance.now();
    expect(upstream.isAwaited(before)).toBe(false);
    const settled = new Promise((settle) => {
      const call = write('/silent');
      upstream.exchangeBatch(
        [1, 2].map(() => ({ call, deadline, settle })),
        () => {},
      );
    });
    expect(upstream.isAwaited(before)).toBe(true);
    expect(upstream.isAwaited(performance.now() + 25)).toBe(false);
    upstream.endLate(deadline);
    await settled;
  });

  it('is not awaited once it was answered', async () => {
    await new Promise<void>((settled) => {
      const call = write('/answered');
      upstream.exchangeBatch(
        [1, 2].map(() => ({ call, deadline, settle: () => settled() })),
        () => {},
      );
    });
    await until(() => !upstream.isAwaited(Number.NEGATIVE_INFINITY), 'its slot is free');
  });
});
