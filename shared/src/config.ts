import { IsOptional, type Static, type TObject, Type } from 'typebox';
import { Value } from 'typebox/value';

/**
 * Configuration comes from environment variables only. Each process composes one schema in its own
 * `config.ts` and calls `readConfig` once, at start; nothing else reads `process.env`.
 */

export type Environment = Readonly<Record<string, string | undefined>>;

/** A mistake in the configuration: its message is the one line that the user sees, naming the variable. */
export class ConfigError extends Error {
  constructor(
    readonly variable: string,
    reason: string,
  ) {
    super(`${variable} ${reason}`);
    this.name = 'ConfigError';
  }
}

/** Equal to the line in `.env.example`; a start with it is refused, so that nobody ships it. */
export const sampleJwtSecret = 'replace-me-with-at-least-32-random-bytes';

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** What every process understands. `HOST` and `PORT` are where it listens. */
export const processSettings = {
  HOST: Type.String({ default: '0.0.0.0' }),
  INSTANCE: Type.String({ default: '', pattern: '^[A-Za-z0-9_.-]{0,64}$' }),
  LOG_LEVEL: Type.Union(
    logLevels.map((level) => Type.Literal(level)),
    { default: 'info' },
  ),
  /** Base URL of an OpenTelemetry collector (OTLP over HTTP); empty: no spans. */
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.String({ default: '', pattern: '^(https?://.+)?$' }),
} as const;

export const tokenSettings = {
  JWT_SECRET: Type.String(),
  TOKEN_TTL_SECONDS: Type.Integer({ default: 604_800, minimum: 60 }),
} as const;

export const greatestPartitions = 256;

export const topologySettings = {
  REGIONS: Type.String({ default: 'ASIA,EU,NA,GLOBAL' }),
  PARTITIONS: Type.Integer({ default: 1, minimum: 1, maximum: greatestPartitions }),
  REDIS_URL: Type.String({ default: 'redis://127.0.0.1:6379' }),
  REDIS_CLUSTER: switchSetting(false),
} as const;

/** Where Postgres is; topology/postgres.ts adds what single regions say. */
export const postgresSettings = {
  PGHOST: Type.String({ default: '127.0.0.1' }),
  PGPORT: portSetting(5432),
  PGUSER: Type.String({ default: 'postgres' }),
  PGPASSWORD: Type.String({ default: '' }),
  POSTGRES_URL: Type.String({ default: '' }),
  /** Set: the others name a pooler in transaction mode, and this the server behind it. */
  POSTGRES_DIRECT_URL: Type.String({ default: '' }),
} as const;

/** How windows are kept: the services that write them and the workers that restore and sweep them must agree. */
export const windowSettings = {
  /** Ended days, weeks and months that can still be read. */
  RETAIN_PERIODS: Type.Integer({ default: 3, minimum: 0, maximum: 1_000 }),
  /** Rolling windows are exact to this: what happened leaves them at most so much later. */
  WINDOW_BUCKET_MINUTES: Type.Integer({ default: 60, minimum: 1, maximum: 1_440 }),
} as const;

/** A TCP port to listen on. */
export function portSetting(defaultPort: number) {
  return Type.Integer({ default: defaultPort, minimum: 1, maximum: 65_535 });
}

/** A length of time: a whole number and its unit, `90s`, `15m`, `24h` or `7d`. */
export function durationSetting(defaultValue: string) {
  return Type.String({ default: defaultValue, pattern: '^[0-9]{1,6}[smhd]$' });
}

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The ms of a `durationSetting`. */
export function readDuration(text: string): number {
  return Number(text.slice(0, -1)) * (unitMs[text.slice(-1)] ?? 0);
}

/** `true` or `false`, in any case. */
export function switchSetting(defaultValue: boolean) {
  return Type.Boolean({ default: defaultValue });
}

/**
 * Validates the environment against a schema and fills in defaults. An empty variable counts as not
 * set, as compose files write `VAR=` for "none".
 * @throws {ConfigError} naming the first variable that is missing or wrong.
 */
export function readConfig<Schema extends TObject>(schema: Schema, environment: Environment): Static<Schema> {
  const candidate: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const text = environment[name]?.trim();
    if (text !== undefined && text !== '')
      candidate[name] = convert(text, (property as { type?: string }).type);
    else if ('default' in property) candidate[name] = property.default;
    else if (!IsOptional(property)) throw new ConfigError(name, 'is not set');
  }
  if (Value.Check(schema, candidate)) return checkSecret(candidate);

  const [error] = Value.Errors(schema, candidate);
  const variable = error?.instancePath.split('/')[1] ?? 'configuration';
  const reason = error?.message ?? 'not valid';
  throw new ConfigError(variable, `is wrong: ${reason} (got ${quote(environment[variable])})`);
}

/** Text that does not look like its type stays text, which the schema then refuses. */
function convert(text: string, type: string | undefined): string | number | boolean {
  if (type === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if ((type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  return text;
}

function checkSecret<Config>(config: Config): Config {
  const secret = (config as { JWT_SECRET?: unknown }).JWT_SECRET;
  if (typeof secret !== 'string') return config;
  if (Buffer.byteLength(secret) < 32) throw new ConfigError('JWT_SECRET', 'must have at least 32 bytes');
  if (secret === sampleJwtSecret)
    throw new ConfigError('JWT_SECRET', 'is the sample of .env.example: choose your own');
  return config;
}

function quote(value: string | undefined): string {
  return value === undefined
    ? 'nothing'
    : JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
