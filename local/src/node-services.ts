import type { ProcessRole, ProcessSpec } from './child-process.js';
import { inRepository } from './paths.js';

/** A bulk call of 500 events leaves megabytes of garbage: room for it takes a sixth off what a service costs, and a tenth off a gateway. */
const roomForGarbage = ['--max-semi-space-size=64'];

/** The three kinds of our own processes, where their ports begin, and what their Dockerfile starts Node with. */
export const nodeServices = {
  service: {
    directory: 'leaderboard-service',
    basePort: 5000,
    nodeOptions: roomForGarbage,
  },
  gateway: { directory: 'api-gateway', basePort: 4000, nodeOptions: roomForGarbage },
  worker: { directory: 'worker-service', basePort: 6001, nodeOptions: roomForGarbage },
} satisfies Partial<Record<ProcessRole, NodeServiceKind>>;

interface NodeServiceKind {
  readonly directory: string;
  readonly basePort: number;
  readonly nodeOptions?: readonly string[];
}

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
  const { directory, nodeOptions = [] }: NodeServiceKind = nodeServices[role];
  return {
    name,
    role,
    url: `http://127.0.0.1:${port}`,
    command: process.execPath,
    args: [...nodeOptions, inRepository(directory, 'dist', 'main.js')],
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
