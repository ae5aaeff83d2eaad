import {
  ConfigError,
  type Environment,
  portSetting,
  processSettings,
  readConfig,
  switchSetting,
  tokenSettings,
} from '@leaderboard/shared/config';
import { Type } from 'typebox';
import { AddressList, namedRanges } from './address-list.js';
import { parseServiceUrls, type ServiceUrl } from './upstream/service-urls.js';

const milliseconds = (value: number, minimum: number) => Type.Integer({ default: value, minimum });

const Settings = Type.Object({
  ...processSettings,
  ...tokenSettings,
  PORT: portSetting(4000),
  LEADERBOARD_SERVICE_URLS: Type.String({ default: 'http://127.0.0.1:5000' }),
  WORKER_URLS: Type.String({ default: 'http://127.0.0.1:6001' }),
  READS_REQUIRE_TOKEN: switchSetting(false),
  IP_REQUESTS_PER_SECOND: Type.Integer({ default: 500, minimum: 0 }),
  AUTH_REQUESTS_PER_MINUTE: Type.Integer({ default: 60, minimum: 0 }),
  IP_LIMIT_EXEMPT: Type.String({ default: '127.0.0.0/8,::1/128' }),
  TRUSTED_PROXIES: Type.String({ default: 'loopback' }),
  UPSTREAM_TIMEOUT_MS: milliseconds(5_000, 100),
  UPSTREAM_CONNECT_TIMEOUT_MS: milliseconds(1_000, 50),
  UPSTREAM_CONNECTIONS: Type.Integer({ default: 128, minimum: 1, maximum: 10_000 }),
  UPSTREAM_BATCHES: switchSetting(true),
  TOP_CACHE_MS: milliseconds(50, 0),
  PROBE_INTERVAL_MS: milliseconds(1_000, 50),
  PROBE_TIMEOUT_MS: milliseconds(800, 50),
  DNS_REFRESH_MS: milliseconds(3_000, 100),
  LIVE_INTERVAL_MS: milliseconds(500, 50),
  LIVE_HEARTBEAT_MS: milliseconds(15_000, 50),
  LIVE_MAX_CONNECTIONS: Type.Integer({ default: 5_000, minimum: 0 }),
  LIVE_MAX_PER_IP: Type.Integer({ default: 100, minimum: 0 }),
  LIVE_MAX_BOARDS: Type.Integer({ default: 500, minimum: 1 }),
  LIVE_BUFFER_BYTES: Type.Integer({ default: 262_144, minimum: 1_024 }),
});

/** @throws {ConfigError} naming the variable that is missing or wrong. */
export function loadConfig(environment: Environment = process.env) {
  const settings = readConfig(Settings, environment);
  return {
    ...settings,
    serviceUrls: readUrls('LEADERBOARD_SERVICE_URLS', settings.LEADERBOARD_SERVICE_URLS),
    workerUrls: readUrls('WORKER_URLS', settings.WORKER_URLS),
    limitExempt: readAddresses('IP_LIMIT_EXEMPT', settings.IP_LIMIT_EXEMPT),
    trustedProxies: readAddresses('TRUSTED_PROXIES', settings.TRUSTED_PROXIES),
  };
}

export type Config = ReturnType<typeof loadConfig>;

function readUrls(variable: string, text: string): ServiceUrl[] {
  try {
    return parseServiceUrls(text);
  } catch (error) {
    throw new ConfigError(variable, `is wrong: ${(error as Error).message}`);
  }
}

/** `none` is the empty list; an empty variable is the default, as everywhere. */
function readAddresses(variable: string, text: string): AddressList {
  const entries = text === 'none' ? [] : text.split(',').map((entry) => entry.trim());
  try {
    return new AddressList(entries);
  } catch (error) {
    const known = `addresses, CIDR ranges, ${Object.keys(namedRanges).join(', ')} or none`;
    throw new ConfigError(variable, `is wrong: ${(error as Error).message}; it takes ${known}`);
  }
}
