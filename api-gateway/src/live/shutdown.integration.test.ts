import { drainAndClose } from '@leaderboard/shared/http/drain';
import { afterEach, expect, it } from 'vitest';
import { EventReader } from '../testing/event-reader.js';
import { FakeBoard } from '../testing/fake-board.js';
import { type FakeService, neverAnswer } from '../testing/fake-service.js';
import { startSystem } from '../testing/gateway-harness.js';
import { SocketClient } from '../testing/socket-client.js';
import { until } from '../testing/until.js';

let close: () => Promise<void> = async () => {};
afterEach(() => close());

async function start() {
  const system = await startSystem(1);
  close = system.close;
  const [service] = system.services as [FakeService];
  return { gateway: system.gateway, service, board: new FakeBoard(service) };
}

it('tells streams and sockets when to come back, and is done soon', async () => {
  const { gateway } = await start();
  const stream = await EventReader.open(`${gateway.url}/live`);
  const socket = await SocketClient.open(`${gateway.url}/live/ws`);
  socket.send({ subscribe: {} });
  await socket.nth('snapshot', 1);

  const begin = performance.now();
  await drainAndClose(gateway.app);
  expect(performance.now() - begin).toBeLessThan(8_000);
  const bye = await stream.nth('bye', 1);
  expect(bye.retry).toBeGreaterThanOrEqual(500);
  expect(bye.data).toEqual({ retry_ms: bye.retry });
  await until(() => stream.ended, 'the stream has ended');
  const { code, reason } = await socket.untilClosed();
  expect({ code, reason: JSON.parse(reason) }).toEqual({
    code: 1012,
    reason: { retry_ms: expect.any(Number) },
  });
});

it('does not wait for clients that hang', async () => {
  const { gateway } = await start();
  const socket = await SocketClient.open(`${gateway.url}/live/ws`);
  socket.socket.pause();
  const begin = performance.now();
  await drainAndClose(gateway.app);
  expect(performance.now() - begin).toBeLessThan(8_000);
  socket.close();
});

it('ends a stream that began only then', async () => {
  const { gateway, service, board } = await start();
  const answer = service.behaviour;
  service.behaviour = neverAnswer;
  const opening = EventReader.open(`${gateway.url}/live`);
  await until(() => service.arrivals.length === 1, 'the board is being read');
  const closed = gateway.app.close();
  service.behaviour = answer;
  await service.crash();
  await service.restart();
  const stream = await opening;
  await stream.nth('bye', 1);
  await closed;
  expect(board.calls('/top').length).toBeGreaterThan(1);
});
