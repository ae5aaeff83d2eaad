import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessSpec } from './child-process.js';
import { inRepository } from './paths.js';
import { StartError } from './start-error.js';

export interface NginxServerOptions {
  program: string;
  port: number;
  gatewayPorts: readonly number[];
  directory: string;
  accessLog: string;
  logFile: string;
}

/** NGINX from the template that docker-compose.yml uses, on loopback. @throws {StartError} when it refuses it. */
export function nginxServer(options: NginxServerOptions): ProcessSpec {
  const { program, port, gatewayPorts, directory, accessLog, logFile } = options;
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'nginx.conf');
  const template = readFileSync(inRepository('nginx', 'nginx.conf.template'), 'utf8');
  const variables = {
    LISTEN: `127.0.0.1:${port}`,
    GATEWAY_SERVERS: gatewayPorts.map((gateway) => `server 127.0.0.1:${gateway} max_fails=0;`).join(' '),
    RESOLVER: '',
    RUN_DIR: directory,
    ACCESS_LOG: accessLog,
    ERROR_LOG: logFile,
  };
  writeFileSync(file, fillIn(template, variables));

  const args = ['-e', 'stderr', '-p', directory, '-c', file, ...workerUser()];
  const test = spawnSync(program, [...args, '-t', '-q'], { encoding: 'utf8' });
  if (test.status !== 0)
    throw new StartError(`${program} refuses ${file}: ${(test.error?.message ?? test.stderr).trim()}`);
  return {
    name: 'nginx',
    role: 'nginx',
    url: `http://127.0.0.1:${port}`,
    command: program,
    args,
    env: {},
    // Lets running requests end.
    stopSignal: 'SIGQUIT',
    logFile,
  };
}

/** What envsubst does: `${NAME}` of the given names; NGINX's own `$variables` stay. */
export function fillIn(template: string, variables: Readonly<Record<string, string>>): string {
  return template.replace(/\$\{([A-Z_]+)\}/g, (whole, name: string) => variables[name] ?? whole);
}

/** Started by root, NGINX's workers are nobody; systems differ in the name of nobody's group. */
function workerUser(): string[] {
  if (process.getuid?.() !== 0) return [];
  const groups = readFileSync('/etc/group', 'utf8');
  return ['-g', `user nobody ${/^nogroup:/m.test(groups) ? 'nogroup' : 'nobody'};`];
}
