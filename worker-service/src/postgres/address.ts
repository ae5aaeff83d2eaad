/** Where Postgres is, which database each region has there, and the variable that says so (for messages). */
export interface PostgresAddress {
  readonly variable: string;
  readonly server: { host: string; port: number; user: string; password: string } | { url: string };
  /** host:port, for messages. */
  readonly shown: string;
  readonly databases: ReadonlyMap<string, string>;
}

/** What `pg` needs to connect to one database of the server. */
export function connectionTo({ server }: PostgresAddress, database: string) {
  if (!('url' in server)) return { ...server, database };
  const url = new URL(server.url);
  url.pathname = `/${encodeURIComponent(database)}`;
  return { connectionString: url.href };
}
