import {
  ConfigError,
  type Environment,
  portSetting,
  postgresSettings,
  processSettings,
  readConfig,
  switchSetting,
  tokenSettings,
  topologySettings,
  windowSettings,
} from '@leaderboard/shared/config';
import { readPostgres } from '@leaderboard/shared/topology/postgres';
import { readTopology } from '@leaderboard/shared/topology/settings';
import { Type } from 'typebox';
import { failpointNames } from './failpoints.js';

const Settings = Type.Object({
  ...processSettings,
  ...topologySettings,
  ...windowSettings,
  PORT: portSetting(6001),
  ...postgresSettings,
  /** Connections of this process to each region's database, but for those of recoveries. */
  PG_POOL_MAX: Type.Integer({ default: 16, minimum: 1, maximum: 1_000 }),
  /** Queue items in one transaction; Lua takes a list of at most 8000. */
  BATCH_SIZE: Type.Integer({ default: 1_000, minimum: 1, maximum: 5_000 }),
  /** What comes while the last batch was small is gathered for this long, under steady load for longer (drain/gather.ts). */
  BATCH_LINGER_MS: Type.Integer({ default: 20, minimum: 0, maximum: 10_000 }),
  /** A worker that shows no sign of life for this long loses what it has taken from the queue. */
  LEASE_MS: Type.Integer({ default: 10_000, minimum: 500, maximum: 600_000 }),
  HISTORY_DAYS: Type.Integer({ default: 130, minimum: 0, maximum: 36_500 }),
  EVENTS_MAX_LENGTH: Type.Integer({ default: 100_000, minimum: 0 }),
  /** For tests: the process kills itself where it says. */
  FAILPOINT: Type.Union(
    failpointNames.map((name) => Type.Literal(name)),
    { default: '' },
  ),
});

/** Of the worker's HTTP side; commands need none of it. */
const ApiSettings = Type.Object({
  ...tokenSettings,
  /** Also loopback and private networks, where somebody could reach what is not meant for the outside. */
  WEBHOOK_ALLOW_PRIVATE: switchSetting(false),
  WEBHOOK_TIMEOUT_MS: Type.Integer({ default: 10_000, minimum: 100, maximum: 60_000 }),
  WEBHOOK_MAX_ATTEMPTS: Type.Integer({ default: 15, minimum: 1, maximum: 1_000 }),
  /** Before the second attempt; it doubles up to an hour. */
  WEBHOOK_RETRY_MS: Type.Integer({ default: 1_000, minimum: 10, maximum: 3_600_000 }),
  WEBHOOK_CONCURRENCY: Type.Integer({ default: 16, minimum: 1, maximum: 256 }),
  /** Deliveries that may wait for one webhook. */
  WEBHOOK_MAX_PENDING: Type.Integer({ default: 10_000, minimum: 1, maximum: 10_000_000 }),
});

/** @throws {ConfigError} naming the variable. */
export function loadApiConfig(environment: Environment = process.env) {
  return readConfig(ApiSettings, environment);
}

export type ApiConfig = ReturnType<typeof loadApiConfig>;

/** @throws {ConfigError} naming the variable. */
export function loadConfig(environment: Environment = process.env) {
  const settings = readConfig(Settings, environment);
  checkHistory(settings);
  const topology = readTopology(settings, environment);
  const windows = {
    retainPeriods: settings.RETAIN_PERIODS,
    bucketSeconds: settings.WINDOW_BUCKET_MINUTES * 60,
  };
  return {
    ...settings,
    topology,
    windows,
    postgres: readPostgres(settings, topology.shards.regions, environment),
  };
}

/** Windows are restored from the history, so it must reach back to the oldest period that is kept; 0 keeps all. */
function checkHistory({
  HISTORY_DAYS,
  RETAIN_PERIODS,
}: {
  HISTORY_DAYS: number;
  RETAIN_PERIODS: number;
}): void {
  const needed = 31 * (RETAIN_PERIODS + 1);
  if (HISTORY_DAYS === 0 || HISTORY_DAYS >= needed) return;
  throw new ConfigError(
    'HISTORY_DAYS',
    `must be at least ${needed} with RETAIN_PERIODS=${RETAIN_PERIODS}, or 0`,
  );
}

export type Config = ReturnType<typeof loadConfig>;
