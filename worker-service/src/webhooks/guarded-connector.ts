import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { isPublicAddress } from './public-address.js';

/** A target inside of our own networks: a webhook must not become a way to talk to them. */
export class PrivateTarget extends Error {
  override name = 'PrivateTarget';

  constructor(address: string) {
    super(`${address} is not a public address`);
  }
}

/** The host of a URL as an address, without the brackets of IPv6. */
export const literalOf = (hostname: string) => hostname.replace(/^\[(.*)\]$/, '$1');

/**
 * Connects to public addresses only. What is checked is what is connected to: a name is looked up once, and the connection
 * goes to the addresses that were found, so a name that points elsewhere a moment later gains nothing.
 */
export function guardedConnector(timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs, lookup: publicLookup });
  return (options, callback) => {
    const literal = literalOf(options.hostname);
    if (isIP(literal) !== 0 && !isPublicAddress(literal)) {
      callback(new PrivateTarget(literal), null);
      return;
    }
    connect(options, (...[error, socket]) => {
      const address = socket?.remoteAddress;
      if (!socket) return callback(error as Error, null);
      if (address !== undefined && isPublicAddress(address)) return callback(null, socket);
      socket.destroy();
      callback(new PrivateTarget(address ?? 'an unknown one'), null);
    });
  };
}

/** The system's resolver; one private address among several is enough to refuse the name. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...(options as LookupOptions), all: true }, (error, found: LookupAddress[]) => {
    if (error) return callback(error, '', 0);
    const inside = found.find(({ address }) => !isPublicAddress(address));
    if (inside) return callback(new PrivateTarget(inside.address), '', 0);
    if (options.all) return callback(null, found);
    const [first] = found;
    callback(null, first?.address ?? '', first?.family ?? 0);
  });
};
