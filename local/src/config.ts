import { isAbsolute, join } from 'node:path';
import {
  ConfigError,
  type Environment,
  portSetting,
  processSettings,
  readConfig,
  switchSetting,
  tokenSettings,
  topologySettings,
} from '@leaderboard/shared/config';
import { parseRegions } from '@leaderboard/shared/topology/regions';
import { Type } from 'typebox';
import { repositoryRoot } from './paths.js';

/** What the runner itself needs to know. Every other variable goes to the processes as it is; they check their own. */
const schema = Type.Object({
  PORT: portSetting(8080),
  GATEWAYS: Type.Integer({ default: 2, minimum: 1, maximum: 64 }),
  SERVICES: Type.Integer({ default: 2, minimum: 1, maximum: 64 }),
  WORKERS: Type.Integer({ default: 1, minimum: 1, maximum: 64 }),
  DATA_DIR: Type.String({ default: '.local' }),
  LOG_LEVEL: processSettings.LOG_LEVEL,
  REGIONS: topologySettings.REGIONS,
  PARTITIONS: topologySettings.PARTITIONS,
  REDIS_CLUSTER: topologySettings.REDIS_CLUSTER,
  PLAYER_WRITES: switchSetting(true),
});

export interface LocalConfig {
  port: number;
  gateways: number;
  services: number;
  workers: number;
  /** Absolute. */
  dataDir: string;
  logLevel: string;
  regions: readonly string[];
  partitions: number;
  playerWrites: boolean;
  /** Existing servers and secrets, when they are to be used. */
  redisUrl: string | undefined;
  postgresUrl: string | undefined;
  jwtSecret: string | undefined;
  /** What the processes inherit. */
  environment: Environment;
}

/** The only reader of this process's environment. */
export function inheritedEnvironment(): Environment {
  return process.env;
}

/** For what is imported into this process: sets what is not set yet. */
export function setDefaults(values: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(values)) process.env[name] ||= value;
}

/** @throws {ConfigError} naming the variable. */
export function readTokenSettings(environment: Environment) {
  return readConfig(Type.Object({ ...tokenSettings }), environment);
}

/** What programs need to run at all, and nothing that means something to the platform. */
export function neutralEnvironment(): Environment {
  const names = ['PATH', 'HOME', 'USER', 'TMPDIR', 'LANG', 'NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'];
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}

/** @throws {ConfigError} naming the variable. */
export function readLocalConfig(environment: Environment = inheritedEnvironment()): LocalConfig {
  const settings = readConfig(schema, environment);
  return {
    port: settings.PORT,
    gateways: settings.GATEWAYS,
    services: settings.SERVICES,
    workers: settings.WORKERS,
    dataDir: dataDirectory(settings.DATA_DIR),
    logLevel: settings.LOG_LEVEL,
    regions: parseRegions(settings.REGIONS),
    partitions: settings.PARTITIONS,
    playerWrites: settings.PLAYER_WRITES,
    redisUrl: givenRedis(settings.REDIS_CLUSTER, environment),
    postgresUrl: givenUrl('POSTGRES_URL', environment, /^postgres(ql)?:$/),
    jwtSecret: environment.JWT_SECRET?.trim() ? readTokenSettings(environment).JWT_SECRET : undefined,
    environment,
  };
}

/** Relative paths count from the repository, so that every command finds the same directory from anywhere. */
function dataDirectory(path: string): string {
  // NGINX's configuration has no way to write these in a path.
  if (/["\\$\n]/.test(path))
    throw new ConfigError('DATA_DIR', 'must not contain a quote, backslash or dollar sign');
  return isAbsolute(path) ? path : join(repositoryRoot, path);
}

/** A cluster may be named by several of its nodes, and must be an existing one. */
function givenRedis(isCluster: boolean, environment: Environment): string | undefined {
  if (!isCluster) return givenUrl('REDIS_URL', environment, /^rediss?:$/);
  const urls = environment.REDIS_URL?.trim();
  if (!urls) throw new ConfigError('REDIS_URL', 'must name nodes of the cluster with REDIS_CLUSTER=true');
  return urls;
}

/** An existing server that is to be used, if one is named. */
function givenUrl(variable: string, environment: Environment, protocol: RegExp): string | undefined {
  const url = environment[variable]?.trim();
  if (!url) return undefined;
  if (!URL.canParse(url) || !protocol.test(new URL(url).protocol) || new URL(url).hostname === '') {
    throw new ConfigError(
      variable,
      `is not a ${variable === 'REDIS_URL' ? 'redis' : 'postgres'}://host:port URL`,
    );
  }
  return url;
}
