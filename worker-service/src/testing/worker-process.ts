import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const mainFile = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** A worker in a process of its own, as built: for what cannot be done to the test's own process. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.ended = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        this.output += data.toString();
      });
    }
  }

  static async start(environment: Record<string, string>): Promise<WorkerProcess> {
    const env = { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(await freePort()), ...environment };
    return new WorkerProcess(spawn(process.execPath, [mainFile], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<void> {
    this.kill('SIGCONT');
    this.kill('SIGTERM');
    await this.ended;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
