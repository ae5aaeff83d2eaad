import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ProcessSpec, SupervisedProcess } from '@leaderboard/local/child-process';
import { LogFiles } from '@leaderboard/local/log-files';
import { nginxServer } from '@leaderboard/local/nginx-server';
import { whyNotReady } from '@leaderboard/local/node-services';
import { dataPaths } from '@leaderboard/local/paths';
import { PortReservations } from '@leaderboard/local/ports';
import { ProcessRecord } from '@leaderboard/local/process-record';
import { noProgress } from '@leaderboard/local/progress';
import { makeTemporaryDirectory, removeDataDirectory } from '@leaderboard/local/temporary-directory';
import { Closers } from '../closers.js';
import type { ProcessRoots } from '../measure/cpu.js';

export interface EchoOptions {
  nginxProgram: string;
  /** As many as the platform has gateways. */
  processes: number;
  /** What GET /top answers. */
  top: Buffer;
}

export interface EchoSystem {
  readonly url: string;
  roots(): ProcessRoots;
  stopNow(): void;
  close(): Promise<void>;
}

const readyWithinMs = 30_000;
const nginxBasePort = 19_080;
const echoBasePort = 19_200;
const mainScript = fileURLToPath(new URL('./main.js', import.meta.url));

/** The baseline: the platform's own NGINX configuration, log included, before bare Fastify processes. */
export async function startEcho({ nginxProgram, processes, top }: EchoOptions): Promise<EchoSystem> {
  const closers = new Closers();
  try {
    const paths = dataPaths(makeTemporaryDirectory());
    closers.add(() => removeDataDirectory(paths));
    const topFile = join(paths.root, 'top.json');
    writeFileSync(topFile, top);
    const logs = new LogFiles(paths.logs);
    closers.add(() => logs.close());
    const ports = new PortReservations();
    closers.add(() => ports.release());

    const record = new ProcessRecord(paths);
    const children: SupervisedProcess[] = [];
    const launch = async (spec: ProcessSpec) => {
      const child = new SupervisedProcess(spec, () => record.write(children));
      children.push(child);
      closers.add(() => child.stop());
      child.start();
      await child.until(() => whyNotReady(spec.url), readyWithinMs, noProgress);
      child.confirm();
      return child;
    };

    const echoPorts: number[] = [];
    for (let number = 1; number <= processes; number++) {
      const port = await ports.reserveFrom(echoBasePort);
      await launch(echoProcess(`echo-${number}`, port, topFile, logs));
      echoPorts.push(port);
    }
    const nginx = await launch(
      nginxServer({
        program: nginxProgram,
        port: await ports.reserveFrom(nginxBasePort),
        gatewayPorts: echoPorts,
        directory: paths.nginx,
        accessLog: logs.path('nginx-access'),
        logFile: logs.path('nginx'),
      }),
    );
    const echoes = children.filter((child) => child !== nginx);
    return {
      url: nginx.spec.url,
      roots: () =>
        new Map([
          ['nginx', [nginx.pid]],
          ['echo', echoes.map(({ pid }) => pid)],
        ]),
      stopNow: () => {
        for (const child of children) child.stopNow();
      },
      close: () => closers.close(),
    };
  } catch (error) {
    await closers.close();
    throw error;
  }
}

function echoProcess(name: string, port: number, topFile: string, logs: LogFiles): ProcessSpec {
  return {
    name,
    // Stands where a gateway stands, and is stopped in that order when a killed bench left it.
    role: 'gateway',
    url: `http://127.0.0.1:${port}`,
    command: process.execPath,
    args: [mainScript, '--port', String(port), '--top', topFile],
    env: {},
    stopSignal: 'SIGTERM',
    logFile: logs.path(name),
  };
}
