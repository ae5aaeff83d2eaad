import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import type { Lookup } from '../upstream/addresses.js';

/** A name server on loopback that has one answer to every question: the addresses that a test gives it, with a TTL of 0. */
export class DnsServer {
  addresses: string[] = [];
  readonly #socket = createSocket('udp4');

  static async start(addresses: string[]): Promise<DnsServer> {
    const server = new DnsServer();
    server.addresses = addresses;
    server.#socket.on('message', (query, { port, address }) => {
      server.#socket.send(answer(query, server.addresses), port, address);
    });
    server.#socket.bind(0, '127.0.0.1');
    await once(server.#socket, 'listening');
    return server;
  }

  /** Asks this server instead of the system's. */
  get lookup(): Lookup {
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${this.#socket.address().port}`]);
    return (hostname) => resolver.resolve4(hostname);
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}

const headerBytes = 12;

/** RFC 1035: the question again, then an A record for each address whose name points at the question's. */
function answer(query: Buffer, addresses: readonly string[]): Buffer {
  let questionEnd = headerBytes;
  for (let length = query[questionEnd] ?? 0; length > 0; length = query[questionEnd] ?? 0)
    questionEnd += length + 1;
  questionEnd += 5;
  const header = Buffer.alloc(headerBytes);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8580, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  const records = addresses.map((address) =>
    Buffer.from([0xc0, headerBytes, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]),
  );
  return Buffer.concat([header, query.subarray(headerBytes, questionEnd), ...records]);
}
