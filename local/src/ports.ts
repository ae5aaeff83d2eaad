import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';

/** Browsers and `fetch` refuse these ("bad port"), so a process there could not be looked at. */
const refusedByFetch = new Set([
  4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
]);

/**
 * Which ports a stack uses. Between finding a port free and a child listening on it another stack could take it, so
 * each port is reserved first, by binding the UDP port of the same number, which nothing here uses: the kernel gives
 * it to one process only and takes it back when that process dies. It stays reserved while a child is being restarted.
 */
export class PortReservations {
  readonly #held = new Map<number, Socket>();

  /** The first port from `base` on that nobody listens on and no other stack has reserved. */
  async reserveFrom(base: number): Promise<number> {
    for (let port = base; port < base + 1000; port++) {
      if (await this.#reserve(port)) return port;
    }
    throw new Error(`no free port from ${base} to ${base + 999}`);
  }

  release(): void {
    for (const socket of this.#held.values()) socket.close();
    this.#held.clear();
  }

  async #reserve(port: number): Promise<boolean> {
    if (this.#held.has(port) || refusedByFetch.has(port)) return false;
    const socket = await bindUdp(port);
    if (!socket) return false;
    if ((await whyNotFree(port)) !== undefined) {
      socket.close();
      return false;
    }
    this.#held.set(port, socket);
    return true;
  }
}

/** The error code (`EADDRINUSE`, `EACCES`) with which listening on the loopback port fails, if it does. */
export function whyNotFree(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(undefined)));
  });
}

function bindUdp(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(undefined);
    });
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      // A reservation alone must not keep the process alive.
      socket.unref();
      resolve(socket);
    });
  });
}
