import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Node hands every request with an `Upgrade` header to whoever listens for upgrades, and reads its body no more. Some
 * clients ask for HTTP/2 that way on any request (Java's does); HTTP lets a server ignore that. So only upgrades to a
 * WebSocket at this path are passed on; the others are read again, without the header.
 * @returns emits `upgrade` as the server would; nothing else of it is a server
 */
export function webSocketUpgrades(server: Server, path: string): Server {
  const upgrades = new EventEmitter();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const isWebSocket = request.headers.upgrade?.toLowerCase() === 'websocket';
    if (isWebSocket && request.url?.split('?', 1)[0] === path)
      upgrades.emit('upgrade', request, socket, head);
    else readAgain(server, request, socket, head);
  });
  return upgrades as Server;
}

const leftOut = new Set(['upgrade', 'connection', 'http2-settings']);

function readAgain(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const [name = '', value] = request.rawHeaders.slice(at, at + 2);
    if (!leftOut.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}
