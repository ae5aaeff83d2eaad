import { createClient, ErrorReply } from 'redis';
import { ConfigError } from '../config.js';
import type { Logger } from '../logger.js';
import type { RedisAddress } from './settings.js';

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

/** A connection that may not stand yet. */
export interface OpeningConnection {
  readonly connection: RedisConnection;
  /** Rejects when the server could not be reached in all attempts. */
  readonly connected: Promise<void>;
}

/**
 * Begins to connect. A lost connection is opened again for ever; meanwhile commands fail at once instead of waiting,
 * because a queue of unsent commands that is replayed after a reconnect would apply writes whose callers have long been
 * told otherwise.
 * @param firstAttempts after so many the first connection is given up
 */
export function openRedis(
  url: string,
  name: string,
  logger: Logger,
  firstAttempts = Number.POSITIVE_INFINITY,
): OpeningConnection {
  let connectedOnce = false;
  const client = createClient({
    url,
    name,
    disableOfflineQueue: true,
    pingInterval: 1_000,
    // Of the wait until a command is sent, which the silence below bounds, too; a signal for each command would be dear.
    commandOptions: { timeout: 0 },
    socket: {
      connectTimeout: connectTimeoutMs,
      socketTimeout: silenceTimeoutMs,
      reconnectStrategy: (attempt, cause) => {
        if (!connectedOnce && attempt >= firstAttempts) return cause;
        return Math.min(1_000, 50 * 2 ** Math.min(attempt, 5)) * (0.75 + Math.random() / 2);
      },
    },
  });
  client.on('error', (err: Error) =>
    logger.warn({ err: err.message, redis: redactUrl(url) }, 'redis connection'),
  );
  const connected = client.connect().then(() => {
    connectedOnce = true;
  });
  // Whoever does not wait for it finds out by `ready`.
  connected.catch(() => {});

  const connection: RedisConnection = {
    get ready() {
      return client.isReady;
    },
    async send(args) {
      if (!client.isReady) throw new RedisUnavailable(`no connection to ${redactUrl(url)}`);
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
  return { connection, connected };
}

/**
 * Connects, or says in one line that it cannot.
 * @throws {ConfigError} when there is no Redis at the address.
 */
export async function connectRedis(
  address: RedisAddress,
  name: string,
  logger: Logger,
): Promise<RedisConnection> {
  const { connection, connected } = openRedis(address.url, name, logger, firstConnectAttempts);
  try {
    await connected;
    return connection;
  } catch (error) {
    await connection.close();
    throw unreachable(address, error);
  }
}

/** The one line that says so. */
export function unreachable({ variable, url }: RedisAddress, error: unknown): ConfigError {
  return new ConfigError(variable, `cannot be reached at ${redactUrl(url)}: ${reasonOf(error)}`);
}

function redactUrl(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
