import {
  durationSetting,
  type Environment,
  portSetting,
  processSettings,
  readConfig,
  readDuration,
  switchSetting,
  tokenSettings,
  topologySettings,
  windowSettings,
} from '@leaderboard/shared/config';
import { readTopology } from '@leaderboard/shared/topology/settings';
import { Type } from 'typebox';

const Settings = Type.Object({
  ...processSettings,
  ...tokenSettings,
  ...topologySettings,
  ...windowSettings,
  PORT: portSetting(5000),
  PLAYER_WRITES: switchSetting(true),
  READS_REQUIRE_TOKEN: switchSetting(false),
  BCRYPT_ROUNDS: Type.Integer({ default: 10, minimum: 4, maximum: 15 }),
  BCRYPT_THREADS: Type.Integer({ default: 1, minimum: 1, maximum: 64 }),
  USER_WRITES_PER_SECOND: Type.Number({ default: 10, minimum: 0 }),
  USER_WRITES_BURST: Type.Integer({ default: 20, minimum: 0 }),
  REGION_WRITES_PER_SECOND: Type.Number({ default: 50_000, minimum: 0 }),
  /** How late an event may come that says when it happened. */
  MAX_LATENESS: durationSetting('24h'),
  QUEUE_MAX: Type.Integer({ default: 100_000, minimum: 0 }),
});

export function loadConfig(environment: Environment = process.env) {
  const settings = readConfig(Settings, environment);
  return {
    ...settings,
    maxLatenessMs: readDuration(settings.MAX_LATENESS),
    topology: readTopology(settings, environment),
  };
}

export type Config = ReturnType<typeof loadConfig>;
