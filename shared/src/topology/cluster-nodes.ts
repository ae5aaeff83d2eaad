import type { Logger } from '../logger.js';
import { type OpeningConnection, openRedis, type RedisConnection } from './redis.js';

/** `host:port`, as the nodes of a cluster call each other. */
export type NodeAddress = string;

/** One connection to each node of a cluster, opened when it is first wanted. */
export class ClusterNodes {
  readonly #opened = new Map<NodeAddress, OpeningConnection>();

  /** @param seedUrl whose user, password and encryption hold for all nodes */
  constructor(
    private readonly seedUrl: string,
    private readonly name: string,
    private readonly logger: Logger,
  ) {}

  of(address: NodeAddress): RedisConnection {
    return this.#open(address).connection;
  }

  connected(address: NodeAddress): Promise<void> {
    return this.#open(address).connected;
  }

  all(): RedisConnection[] {
    return [...this.#opened.values()].map(({ connection }) => connection);
  }

  /** Closes the connections to nodes that serve nothing any more. */
  async keepOnly(addresses: ReadonlySet<NodeAddress>): Promise<void> {
    for (const [address, { connection }] of this.#opened) {
      if (addresses.has(address)) continue;
      this.#opened.delete(address);
      await connection.close().catch(() => {});
    }
  }

  async close(): Promise<void> {
    await this.keepOnly(new Set());
  }

  #open(address: NodeAddress): OpeningConnection {
    let opened = this.#opened.get(address);
    if (!opened) {
      const url = new URL(this.seedUrl);
      url.host = address;
      opened = openRedis(url.href, this.name, this.logger);
      this.#opened.set(address, opened);
    }
    return opened;
  }
}
