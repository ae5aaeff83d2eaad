import { drainAndClose } from '@leaderboard/shared/http/drain';
import { Client } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FakeService } from './testing/fake-service.js';
import { type GatewayHarness, startSystem } from './testing/gateway-harness.js';
import { until } from './testing/until.js';

let gateway: GatewayHarness;
let service: FakeService;
let close: () => Promise<void>;
let client: Client;

beforeEach(async () => {
  const system = await startSystem(1);
  ({ gateway, close } = system);
  [service] = system.services as [FakeService];
  client = new Client(gateway.url);
});
afterEach(async () => {
  await client.destroy();
  await close();
});

const get = async () => {
  const { statusCode, headers, body } = await client.request({ method: 'GET', path: '/top' });
  await body.text();
  return { status: statusCode, connection: headers.connection };
};
const stoppedListening = () => until(() => !gateway.app.server.listening, 'it stopped listening');

describe('a gateway that stops', () => {
  it('answers what is running', async () => {
    let finish = () => {};
    service.behaviour = (_arrival, response) => {
      finish = () => response.end();
    };
    const running = get();
    await until(() => service.arrivals.length === 1, 'the request is running');
    const closed = drainAndClose(gateway.app);
    await stoppedListening();
    finish();
    expect((await running).status).toBe(200);
    await closed;
  });

  it('serves the next request of an open connection and says that it is the last', async () => {
    expect(await get()).toMatchObject({ status: 200, connection: 'keep-alive' });
    const closed = drainAndClose(gateway.app);
    await stoppedListening();
    expect(await get()).toMatchObject({ status: 200, connection: 'close' });
    await closed;
  });

  it('refuses new connections, which can safely be made elsewhere', async () => {
    const closed = drainAndClose(gateway.app);
    await stoppedListening();
    await expect(get()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await closed;
  });

  it('closes idle connections and is done soon', async () => {
    await get();
    const begin = performance.now();
    await drainAndClose(gateway.app);
    expect(performance.now() - begin).toBeLessThan(5_000);
  });
});
