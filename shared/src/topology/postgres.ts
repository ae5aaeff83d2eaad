import { ConfigError, type Environment } from '../config.js';

/**
 * Where each region's database is. `POSTGRES_URL_<REGION>`, or any of `PGHOST_<REGION>`, `PGPORT_<REGION>`,
 * `PGUSER_<REGION>` and `PGPASSWORD_<REGION>`, stand before the common ones; what a region does not say is as in these.
 */

export interface PostgresSettings {
  readonly POSTGRES_URL: string;
  readonly POSTGRES_DIRECT_URL: string;
  readonly PGHOST: string;
  readonly PGPORT: number;
  readonly PGUSER: string;
  readonly PGPASSWORD: string;
}

/** One database of one server, and the variables that say so (for messages). */
export interface PostgresAddress {
  readonly variable: string;
  readonly passwordVariable: string;
  readonly server:
    | { readonly host: string; readonly port: number; readonly user: string; readonly password: string }
    | { readonly url: string };
  /** host:port, for messages. */
  readonly shown: string;
  readonly database: string;
}

export interface RegionPostgres {
  /** The server itself: what is more than one transaction, a session's lock above all, must run there. */
  readonly direct: PostgresAddress;
  /** A pooler in transaction mode in front of it: then single transactions go there. */
  readonly pooler: PostgresAddress | undefined;
}

/** What `pg` needs to connect. */
export function connectionTo({ server, database }: PostgresAddress) {
  if (!('url' in server)) return { ...server, database };
  const url = new URL(server.url);
  url.pathname = `/${encodeURIComponent(database)}`;
  return { connectionString: url.href };
}

/** By region. @throws {ConfigError} naming the variable. */
export function readPostgres(
  settings: PostgresSettings,
  regions: readonly string[],
  environment: Environment,
): ReadonlyMap<string, RegionPostgres> {
  return new Map(regions.map((region) => [region, readRegion(settings, region, environment)]));
}

function readRegion(settings: PostgresSettings, region: string, environment: Environment): RegionPostgres {
  const own = (name: string) => environment[`${name}_${region}`]?.trim() || undefined;
  const database = readDatabase(region, own('PG_DATABASE'));
  const url = own('POSTGRES_URL');
  const address =
    url === undefined
      ? fromParts(settings, database, region, own)
      : fromUrl(url, `POSTGRES_URL_${region}`, database);

  // A common direct URL belongs to the common server.
  const hasOwnServer = [url, own('PGHOST'), own('PGPORT')].some((value) => value !== undefined);
  const ownDirect = own('POSTGRES_DIRECT_URL');
  if (ownDirect !== undefined)
    return { direct: fromUrl(ownDirect, `POSTGRES_DIRECT_URL_${region}`, database), pooler: address };
  if (hasOwnServer || settings.POSTGRES_DIRECT_URL === '') return { direct: address, pooler: undefined };
  return { direct: fromUrl(settings.POSTGRES_DIRECT_URL, 'POSTGRES_DIRECT_URL', database), pooler: address };
}

function fromParts(
  settings: PostgresSettings,
  database: string,
  region: string,
  own: (name: string) => string | undefined,
): PostgresAddress {
  const [host, user, password] = [own('PGHOST'), own('PGUSER'), own('PGPASSWORD')];
  const port = readPort(`PGPORT_${region}`, own('PGPORT'));
  const named = (name: string, value: unknown) => (value === undefined ? name : `${name}_${region}`);
  const isElsewhere = host !== undefined || port !== undefined;
  const variable = host === undefined && port !== undefined ? `PGPORT_${region}` : named('PGHOST', host);
  const passwordVariable = named('PGPASSWORD', password);
  if (settings.POSTGRES_URL !== '') {
    const common = fromUrl(settings.POSTGRES_URL, 'POSTGRES_URL', database);
    const url = new URL(settings.POSTGRES_URL);
    if (host !== undefined) url.hostname = host.includes(':') ? `[${host}]` : host;
    if (port !== undefined) url.port = String(port);
    if (user !== undefined) url.username = encodeURIComponent(user);
    if (password !== undefined) url.password = encodeURIComponent(password);
    return {
      ...common,
      variable: isElsewhere ? variable : common.variable,
      passwordVariable: password === undefined ? common.passwordVariable : passwordVariable,
      server: { url: url.href },
      shown: url.host,
    };
  }
  const server = {
    host: host ?? settings.PGHOST,
    port: port ?? settings.PGPORT,
    user: user ?? settings.PGUSER,
    password: password ?? settings.PGPASSWORD,
  };
  return { variable, passwordVariable, server, shown: `${server.host}:${server.port}`, database };
}

/** The URL's path is not used, as each region has its own database. */
function fromUrl(text: string, variable: string, database: string): PostgresAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === '') {
    throw new ConfigError(variable, 'must be a postgres://user:password@host:port URL');
  }
  return { variable, passwordVariable: variable, server: { url: url.href }, shown: url.host, database };
}

function readPort(variable: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new ConfigError(variable, 'must be a port from 1 to 65535');
}

function readDatabase(region: string, name = `leaderboard_${region.toLowerCase()}`): string {
  if (Buffer.byteLength(name) <= 63 && !name.includes('\0')) return name;
  throw new ConfigError(`PG_DATABASE_${region}`, 'is no name of a database');
}
