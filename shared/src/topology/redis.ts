import { createClient, ErrorReply } from 'redis';
import { ConfigError } from '../config.js';
import type { Logger } from '../logger.js';
import type { RedisAddress, Topology } from './settings.js';
import type { Shard } from './shards.js';

/** What Redis may answer, with numbers as numbers and bulk strings as strings. */
export type RedisReply = string | number | null | RedisReply[];

/** The command never left this process: nothing happened, it may be tried again. */
export class RedisUnavailable extends Error {
  override name = 'RedisUnavailable';
}

/** The connection was lost after the command was sent: whether it took effect is unknown. */
export class RedisOutcomeUnknown extends Error {
  override name = 'RedisOutcomeUnknown';
}

/** Redis answered with an error, so the command took no effect. `code` is its first word: NOSCRIPT, OOM, … */
export class RedisRefused extends Error {
  override name = 'RedisRefused';
  readonly code: string;

  constructor(message: string) {
    super(message);
    this.code = message.split(' ', 1)[0] ?? '';
  }
}

/** One connection, on which commands are pipelined. */
export interface RedisConnection {
  readonly ready: boolean;
  send(args: readonly string[]): Promise<RedisReply>;
  close(): Promise<void>;
}

const connectTimeoutMs = 2_000;
const firstConnectAttempts = 10;
/** A connection that shows no sign of life for this long is dropped, and with it all that waits on it. */
const silenceTimeoutMs = 4_000;

/**
 * Connects, or says in one line that it cannot. A lost connection is opened again for ever; meanwhile
 * commands fail at once instead of waiting, because a queue of unsent commands that is replayed after a
 * reconnect would apply writes whose callers have long been told otherwise.
 * @throws {ConfigError} when there is no Redis at the address.
 */
export async function connectRedis(
  address: RedisAddress,
  name: string,
  logger: Logger,
): Promise<RedisConnection> {
  let connectedOnce = false;
  const client = createClient({
    url: address.url,
    name,
    disableOfflineQueue: true,
    pingInterval: 1_000,
    socket: {
      connectTimeout: connectTimeoutMs,
      socketTimeout: silenceTimeoutMs,
      reconnectStrategy: (attempt, cause) => {
        if (!connectedOnce && attempt >= firstConnectAttempts) return cause;
        return Math.min(1_000, 50 * 2 ** Math.min(attempt, 5)) * (0.75 + Math.random() / 2);
      },
    },
  });
  client.on('error', (err: Error) =>
    logger.warn({ err: err.message, redis: redactUrl(address.url) }, 'redis connection'),
  );
  try {
    await client.connect();
  } catch (error) {
    client.destroy();
    throw new ConfigError(
      address.variable,
      `cannot be reached at ${redactUrl(address.url)}: ${reasonOf(error)}`,
    );
  }
  connectedOnce = true;

  return {
    get ready() {
      return client.isReady;
    },
    async send(args) {
      if (!client.isReady) throw new RedisUnavailable(`no connection to ${redactUrl(address.url)}`);
      try {
        return (await client.sendCommand(args as string[])) as unknown as RedisReply;
      } catch (error) {
        if (error instanceof ErrorReply) throw new RedisRefused(error.message);
        throw new RedisOutcomeUnknown(reasonOf(error));
      }
    },
    async close() {
      if (client.isReady) await client.close();
      else client.destroy();
    },
  };
}

/** The connections of a process: one for each Redis server, shared by the shards that live there. */
export class RedisConnections {
  readonly #byRegion: ReadonlyMap<string, RedisConnection>;

  private constructor(byRegion: ReadonlyMap<string, RedisConnection>) {
    this.#byRegion = byRegion;
  }

  static async connect(topology: Topology, name: string, logger: Logger): Promise<RedisConnections> {
    const byUrl = new Map<string, RedisConnection>();
    const byRegion = new Map<string, RedisConnection>();
    for (const [region, address] of topology.redis) {
      const connection = byUrl.get(address.url) ?? (await connectRedis(address, name, logger));
      byUrl.set(address.url, connection);
      byRegion.set(region, connection);
    }
    return new RedisConnections(byRegion);
  }

  of(shard: Shard): RedisConnection {
    const connection = this.#byRegion.get(shard.region);
    if (!connection) throw new Error(`no Redis for region ${shard.region}`);
    return connection;
  }

  /** Each server once. */
  all(): RedisConnection[] {
    return [...new Set(this.#byRegion.values())];
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.all().map((connection) => connection.close()));
  }
}

function redactUrl(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
