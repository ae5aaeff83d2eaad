import { parseArgs } from 'node:util';
import { ConfigError } from '@leaderboard/shared/config';
import { createLogger, type Logger } from '@leaderboard/shared/logger';
import { connectTopology, type RedisConnections } from '@leaderboard/shared/topology/redis-connections';
import { type Config, loadConfig } from '../config.js';
import { Databases } from '../postgres/databases.js';

/** What a command works with. */
export interface Tools {
  readonly config: Config;
  readonly redis: RedisConnections;
  readonly databases: Databases;
}

/** Connects as the environment says, and closes everything at the end. Commands write no log of their own. */
export async function withTools<Result>(work: (tools: Tools) => Promise<Result>): Promise<Result> {
  const config = loadConfig();
  const logger: Logger = createLogger({ service: 'command', instance: config.INSTANCE, level: 'silent' });
  const redis = await connectTopology(config.topology, 'command', logger);
  const databases = new Databases(
    { addresses: config.postgres, partitions: config.PARTITIONS, poolMax: config.PG_POOL_MAX },
    logger,
  );
  try {
    return await work({ config, redis, databases });
  } finally {
    await redis.close();
    await databases.close();
  }
}

type Option = { readonly type: 'string' } | { readonly type: 'boolean' };
type Values<Options extends Record<string, Option>> = {
  readonly [Name in keyof Options]?: Options[Name] extends { type: 'string' } ? string : boolean;
};

/** @throws {ConfigError} one line, for an option that does not exist. */
export function readOptions<const Options extends Record<string, Option>>(options: Options): Values<Options> {
  const args = process.argv.slice(2).filter((argument) => argument !== '--');
  try {
    return parseArgs({ options, args }).values as Values<Options>;
  } catch (error) {
    const [reason] = (error as Error).message.split('. ');
    const known = Object.keys(options).map((name) => `--${name}`);
    throw new ConfigError('options:', `${reason}; known are ${known.join(', ') || 'none'}`);
  }
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
