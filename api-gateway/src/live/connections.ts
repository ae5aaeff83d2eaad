import { isIPv6 } from 'node:net';
import { Problem } from '@leaderboard/shared/http/problems';
import type { AddressList } from '../address-list.js';
import type { ConnectionKind } from './live-metrics.js';

export interface ConnectionSettings {
  /** 0 is no limit, here and below. */
  maxConnections: number;
  maxPerAddress: number;
  exempt: AddressList;
  heartbeatMs: number;
}

/** A stream or a socket, as far as its heartbeats and its end go. */
export interface Connection {
  /** Sends a sign of life; cuts off who gave none, and whose time is over. */
  beat(): void;
  /** Says goodbye, with the time after which to come back. */
  end(retryMs: number): void;
  /** Cuts it. */
  destroy(): void;
}

const retryAfterSeconds = 5;
/** Who was told goodbye and is still here after this is cut off. */
const goodbyeMs = 2_000;
/** Watchers come back spread over this, so that the next gateway is not run over. */
const earliestRetryMs = 500;
const retrySpreadMs = 3_000;

/** All open streams and sockets: how many there may be, their heartbeats, and their end. */
export class LiveConnections {
  readonly #settings: ConnectionSettings;
  readonly #open = new Set<Connection>();
  readonly #counts: Record<ConnectionKind, number> = { sse: 0, ws: 0 };
  readonly #perAddress = new Map<string, number>();
  readonly #heart: NodeJS.Timeout;
  #onEmpty = () => {};
  #closing = false;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.#heart = setInterval(() => {
      for (const connection of this.#open) connection.beat();
    }, settings.heartbeatMs);
    this.#heart.unref();
  }

  get counts(): Readonly<Record<ConnectionKind, number>> {
    return this.#counts;
  }

  /**
   * Takes a place for a connection from this address.
   * @returns what gives it back, once
   * @throws {Problem} live_busy, ip_rate_limited
   */
  admit(kind: ConnectionKind, address: string): () => void {
    const { maxConnections, maxPerAddress, exempt } = this.#settings;
    if (maxConnections > 0 && this.#counts.sse + this.#counts.ws >= maxConnections) {
      throw new Problem('live_busy', 'This gateway has as many live connections as it may', {
        retryAfterSeconds,
      });
    }
    const group = addressGroup(address);
    const mine = this.#perAddress.get(group) ?? 0;
    if (maxPerAddress > 0 && mine >= maxPerAddress && !exempt.has(address)) {
      throw new Problem('ip_rate_limited', `An address may have ${maxPerAddress} live connections here`, {
        retryAfterSeconds,
      });
    }
    this.#counts[kind]++;
    this.#perAddress.set(group, mine + 1);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#counts[kind]--;
      const left = (this.#perAddress.get(group) ?? 1) - 1;
      if (left > 0) this.#perAddress.set(group, left);
      else this.#perAddress.delete(group);
    };
  }

  /** From now on it gets heartbeats, and a goodbye when the gateway stops. */
  add(connection: Connection): void {
    this.#open.add(connection);
    if (this.#closing) connection.end(retryMs());
  }

  remove(connection: Connection): void {
    this.#open.delete(connection);
    if (this.#open.size === 0) this.#onEmpty();
  }

  /** Ends all, politely for a moment. */
  async close(): Promise<void> {
    this.#closing = true;
    clearInterval(this.#heart);
    if (this.#open.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    const cut = setTimeout(() => {
      for (const connection of this.#open) connection.destroy();
    }, goodbyeMs);
    for (const connection of this.#open) connection.end(retryMs());
    await empty;
    clearTimeout(cut);
  }
}

const retryMs = () => earliestRetryMs + Math.round(Math.random() * retrySpreadMs);

/** IPv6 clients count by their /64, as for other limits. */
export function addressGroup(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address.replace('::ffff:', '');
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    groups.push(...Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0'), ...rest);
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
