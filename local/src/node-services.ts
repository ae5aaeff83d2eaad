import type { ProcessRole, ProcessSpec } from './child-process.js';
import { inRepository } from './paths.js';

/** The three kinds of our own processes, and where their ports begin. */
export const nodeServices = {
  service: { directory: 'leaderboard-service', basePort: 5000 },
  gateway: { directory: 'api-gateway', basePort: 4000 },
  worker: { directory: 'worker-service', basePort: 6001 },
} as const satisfies Partial<Record<ProcessRole, { directory: string; basePort: number }>>;

export type NodeRole = keyof typeof nodeServices;

export interface NodeServiceOptions {
  role: NodeRole;
  name: string;
  /** What the process calls itself in logs, leases and metrics. */
  instance: string;
  port: number;
  env: NodeJS.ProcessEnv;
  logFile: string;
}

export function nodeService({ role, name, instance, port, env, logFile }: NodeServiceOptions): ProcessSpec {
  return {
    name,
    role,
    url: `http://127.0.0.1:${port}`,
    command: process.execPath,
    args: [inRepository(nodeServices[role].directory, 'dist', 'main.js')],
    env: { ...env, HOST: '127.0.0.1', PORT: String(port), INSTANCE: instance },
    stopSignal: 'SIGTERM',
    logFile,
  };
}

/** Why the process at this URL cannot serve yet, in its own words; undefined when it can. */
export async function whyNotReady(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2000) });
    const answer = await response.text();
    if (response.ok) return undefined;
    const reason = /"reason":"([^"]*)"/.exec(answer)?.[1];
    return reason ?? `it answers ${response.status}`;
  } catch {
    return 'it does not answer';
  }
}
