import {
  type Environment,
  portSetting,
  processSettings,
  readConfig,
  switchSetting,
  tokenSettings,
  topologySettings,
} from '@leaderboard/shared/config';
import { readTopology } from '@leaderboard/shared/topology/settings';
import { Type } from 'typebox';

const Settings = Type.Object({
  ...processSettings,
  ...tokenSettings,
  ...topologySettings,
  PORT: portSetting(5000),
  PLAYER_WRITES: switchSetting(true),
  READS_REQUIRE_TOKEN: switchSetting(false),
  BCRYPT_ROUNDS: Type.Integer({ default: 10, minimum: 4, maximum: 15 }),
  BCRYPT_THREADS: Type.Integer({ default: 1, minimum: 1, maximum: 64 }),
  USER_WRITES_PER_SECOND: Type.Number({ default: 10, minimum: 0 }),
  USER_WRITES_BURST: Type.Integer({ default: 20, minimum: 0 }),
  REGION_WRITES_PER_SECOND: Type.Number({ default: 50_000, minimum: 0 }),
  QUEUE_MAX: Type.Integer({ default: 100_000, minimum: 0 }),
});

export function loadConfig(environment: Environment = process.env) {
  const settings = readConfig(Settings, environment);
  return { ...settings, topology: readTopology(settings, environment) };
}

export type Config = ReturnType<typeof loadConfig>;
