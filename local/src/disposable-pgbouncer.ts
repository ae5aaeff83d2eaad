import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DisposablePostgres } from './disposable-postgres.js';
import { type DisposableServer, startDisposable } from './disposable-server.js';
import { findProgram, pgbouncerProgram } from './packages.js';
import { postgresUrl, whyPostgresNotReady } from './postgres-server.js';

/** A pgbouncer in transaction mode in front of a disposable Postgres, with fewer connections than its clients want. */
export async function startDisposablePgbouncer(
  { address, process: { spec } }: DisposablePostgres,
  path: string | undefined,
): Promise<DisposableServer> {
  const program = findProgram(pgbouncerProgram.names, path);
  if (program === undefined) throw new Error('pgbouncer is not installed: run npm test, which installs it');
  const addressAt = (port: number) => ({ ...address, port });
  return await startDisposable({
    basePort: 16_432,
    spec: ({ root }, port) => {
      const file = join(root, 'pgbouncer.ini');
      const { host, user, password } = address;
      const lines = [
        '[databases]',
        `* = host=${host} port=${address.port} user=${user} password=${password}`,
        '[pgbouncer]',
        'listen_addr = 127.0.0.1',
        `listen_port = ${port}`,
        'unix_socket_dir =',
        'auth_type = any',
        'pool_mode = transaction',
        'default_pool_size = 3',
      ];
      // It may run as the user of Postgres, as it does not run as root either.
      writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o644 });
      return {
        name: 'pgbouncer',
        role: 'postgres',
        url: postgresUrl(addressAt(port), 'postgres'),
        command: program,
        args: [file],
        env: {},
        cwd: '/',
        ...(spec.user && { user: spec.user }),
        stopSignal: 'SIGTERM',
        logFile: join(root, 'pgbouncer.log'),
      };
    },
    whyNot: (port) => whyPostgresNotReady(addressAt(port)),
  });
}
