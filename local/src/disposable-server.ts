import type { ProcessSpec } from './child-process.js';
import { SupervisedProcess } from './child-process.js';
import { type DataPaths, dataPaths } from './paths.js';
import { PortReservations } from './ports.js';
import { ProcessRecord } from './process-record.js';
import { noProgress } from './progress.js';
import { makeTemporaryDirectory, removeDataDirectory } from './temporary-directory.js';

export interface DisposableServer {
  readonly port: number;
  readonly process: SupervisedProcess;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

export interface DisposableServerOptions {
  basePort: number;
  spec: (paths: DataPaths, port: number) => ProcessSpec | Promise<ProcessSpec>;
  whyNot: (port: number) => Promise<string | undefined>;
}

const readyWithinMs = 30_000;

/** One server for one test file, on a free port; what a killed test leaves is found by its record. */
export async function startDisposable(options: DisposableServerOptions): Promise<DisposableServer> {
  const paths = dataPaths(makeTemporaryDirectory());
  const record = new ProcessRecord(paths);
  const ports = new PortReservations();
  const port = await ports.reserveFrom(options.basePort);
  const process = new SupervisedProcess(await options.spec(paths, port), () => record.write([process]));
  const remove = async () => {
    await process.stop();
    ports.release();
    removeDataDirectory(paths);
  };
  try {
    process.start();
    await process.until(() => options.whyNot(port), readyWithinMs, noProgress);
    process.confirm();
    return { port, process, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
