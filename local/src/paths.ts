import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository, whether this runs as local/src/*.ts (tests) or local/dist/*.js. */
export const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));

export const inRepository = (...parts: string[]) => join(repositoryRoot, ...parts);

/** What lies in DATA_DIR. docs/running.md explains each to users. */
export function dataPaths(dataDir: string) {
  return {
    root: dataDir,
    stack: join(dataDir, 'stack.json'),
    processes: join(dataDir, 'processes.json'),
    environment: join(dataDir, 'environment.json'),
    jwtSecret: join(dataDir, 'jwt-secret'),
    postgresPassword: join(dataDir, 'postgres-password'),
    pgpass: join(dataDir, 'pgpass'),
    probe: join(dataDir, 'probe.json'),
    logs: join(dataDir, 'logs'),
    redis: join(dataDir, 'redis'),
    postgres: join(dataDir, 'postgres'),
    nginx: join(dataDir, 'nginx'),
  } as const;
}

export type DataPaths = ReturnType<typeof dataPaths>;
