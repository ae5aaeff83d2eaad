import { afterEach, describe, expect, it } from 'vitest';
import type { FakeService } from './testing/fake-service.js';
import { bearer, type GatewayHarness, startSystem } from './testing/gateway-harness.js';
import { type LoadRequest, startLoad } from './testing/load.js';
import { until } from './testing/until.js';

let close: () => Promise<void> = async () => {};
afterEach(() => close());

const headers = { ...bearer(), 'content-type': 'application/json' };
const read: LoadRequest = { method: 'GET', path: '/top' };
const write: LoadRequest = { method: 'POST', path: '/score', headers, body: '{"score":1}' };
let keys = 0;
const keyedWrite = (): LoadRequest => ({
  ...write,
  headers: { ...headers, 'idempotency-key': `k${keys++}` },
});

async function underLoad(
  next: () => LoadRequest,
  disturb: (gateway: GatewayHarness, service: FakeService) => Promise<void>,
) {
  const { gateway, services, close: closeSystem } = await startSystem(3);
  close = closeSystem;
  const load = startLoad(gateway.url, 16, next);
  for (const service of services) {
    const before = load.result.answered;
    await until(() => load.result.answered > before + 200, 'the load runs');
    await disturb(gateway, service);
    await gateway.sees(service, 'up');
  }
  return load.stop();
}

describe('services that are restarted in turn under load', () => {
  it('fail no request, not even a write without a key, when they say first that they are not ready', async () => {
    const mixed = () => (keys++ % 2 === 0 ? read : write);
    const { failures } = await underLoad(mixed, async (gateway, service) => {
      service.ready = false;
      await gateway.sees(service, 'not_ready');
      await service.close();
      await service.restart();
    });
    expect(failures).toEqual([]);
  });

  it('fail no read and no write with a key when they close without a warning', async () => {
    const mixed = () => (keys++ % 2 === 0 ? read : keyedWrite());
    const { failures } = await underLoad(mixed, async (_gateway, service) => {
      await service.close();
      await service.restart();
    });
    expect(failures).toEqual([]);
  });

  it('fail no read and no write with a key when they are killed', async () => {
    const mixed = () => (keys++ % 2 === 0 ? read : keyedWrite());
    const { failures } = await underLoad(mixed, async (gateway, service) => {
      await service.crash();
      await gateway.sees(service, 'down');
      await service.restart();
    });
    expect(failures).toEqual([]);
  });
});

describe('two services, of which the second stops as soon as the first is back', () => {
  it('fail no request, though the first was not probed yet', async () => {
    // Only what the gateway finds out by itself: no regular probe comes in time.
    const system = await startSystem(2, { PROBE_INTERVAL_MS: '60000' });
    close = system.close;
    const { gateway } = system;
    const [first, second] = system.services as [FakeService, FakeService];
    const normal = first.behaviour;
    const announceStop = (service: FakeService) => {
      service.ready = false;
      service.behaviour = (_arrival, response) => response.setHeader('connection', 'close').end();
    };

    const load = startLoad(gateway.url, 8, () => (keys++ % 2 === 0 ? read : write));
    await until(() => load.result.answered > 100, 'the load runs');
    announceStop(first);
    await gateway.sees(first, 'not_ready');
    await first.close();
    first.behaviour = normal;
    await first.restart();

    announceStop(second);
    await gateway.sees(second, 'not_ready');
    await gateway.sees(first, 'up');
    await second.close();
    expect((await load.stop()).failures).toEqual([]);
  });
});

describe('a service that was restarted while nobody asked', () => {
  it('gets the next write over a new connection', async () => {
    const { gateway, services, close: closeSystem } = await startSystem(1);
    close = closeSystem;
    const [service] = services as [FakeService];
    const send = () => startLoad(gateway.url, 1, () => write);
    const warmUp = send();
    await until(() => warmUp.result.answered > 3, 'a connection is open');
    await warmUp.stop();

    await service.close();
    await service.restart();
    await gateway.sees(service, 'up');
    const load = send();
    await until(() => load.result.answered > 3, 'writes go through');
    expect((await load.stop()).failures).toEqual([]);
  });
});
