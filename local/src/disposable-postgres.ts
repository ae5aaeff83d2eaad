import { type DisposableServer, startDisposable } from './disposable-server.js';
import {
  type PostgresAddress,
  postgresServer,
  postgresUser,
  whyPostgresNotReady,
} from './postgres-server.js';

export interface DisposablePostgres extends DisposableServer {
  readonly address: PostgresAddress;
}

/** A Postgres of its own for one test file. */
export async function startDisposablePostgres(): Promise<DisposablePostgres> {
  const password = 'disposable';
  const addressAt = (port: number) => ({ host: '127.0.0.1', port, user: postgresUser, password });
  const server = await startDisposable({
    basePort: 15_432,
    spec: ({ root, postgres }, port) =>
      postgresServer({
        directory: postgres,
        port,
        password,
        logFile: `${root}/postgres.log`,
        throwaway: true,
      }),
    whyNot: (port) => whyPostgresNotReady(addressAt(port)),
  });
  return { ...server, address: addressAt(server.port) };
}
