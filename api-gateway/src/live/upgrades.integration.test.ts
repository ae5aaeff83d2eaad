import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FakeService } from '../testing/fake-service.js';
import { type GatewayHarness, startSystem } from '../testing/gateway-harness.js';
import { until } from '../testing/until.js';

let gateway: GatewayHarness;
let service: FakeService;
let close: () => Promise<void>;
beforeEach(async () => {
  const system = await startSystem(1);
  ({ gateway, close } = system);
  [service] = system.services as [FakeService];
});
afterEach(() => close());

/** Sends these bytes on a connection of their own; what came back so far. */
async function send(...chunks: string[]) {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let received = '';
  socket.on('data', (data) => {
    received += String(data);
  });
  for (const chunk of chunks) socket.write(chunk);
  return { socket, received: () => received };
}

const asksForHttp2 = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';

describe('an upgrade that is not offered', () => {
  it('is ignored: the request is served, body and all, and so is the next one', async () => {
    const body = '{"score":5}';
    const { socket, received } = await send(
      `POST /auth/login HTTP/1.1\r\nHost: x\r\n${asksForHttp2}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n{"sco`,
      're":5}',
    );
    await until(() => received().includes('"path":"/auth/login"'), 'the POST is answered');
    socket.write('GET /top HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => received().includes('"path":"/top"'), 'the GET is answered');
    expect(received().match(/HTTP\/1.1 200/g)).toHaveLength(2);
    expect(service.arrivals[0]).toMatchObject({ method: 'POST', body });
    socket.destroy();
  });

  it('to a WebSocket elsewhere is ignored, too', async () => {
    const { socket, received } = await send(
      'GET /top HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await until(() => received().includes('"path":"/top"'), 'it is answered');
    expect(received()).toContain('HTTP/1.1 200');
    socket.destroy();
  });
});

describe('a handshake that is wrong', () => {
  it('is refused and closed', async () => {
    const { received, socket } = await send(
      'GET /live/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    await once(socket, 'close');
    expect(received()).toContain('HTTP/1.1 400');
  });
});
