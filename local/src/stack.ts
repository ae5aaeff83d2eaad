import { type LocalConfig, neutralEnvironment, readLocalConfig } from './config.js';
import { dataPaths } from './paths.js';
import { PortReservations } from './ports.js';
import type { Progress } from './progress.js';
import { Stack } from './running-stack.js';
import { makeTemporaryDirectory, removeDataDirectory } from './temporary-directory.js';

export type { ProcessRole, SupervisedProcess } from './child-process.js';
export type { Stack, StackProcess } from './running-stack.js';

export interface StackOptions {
  /** Variables of the platform. Those of this process do not count: a test must not meet somebody's data. */
  environment?: Readonly<Record<string, string>>;
  progress?: Progress;
  /** Kept at `stop` when given; else a temporary one that is removed. */
  dataDir?: string;
}

/** A stack of its own for a test or a measurement: on a free port, ready, with data that is forgotten at `stop`. */
export async function startStack({ environment = {}, progress, dataDir }: StackOptions = {}): Promise<Stack> {
  const DATA_DIR = dataDir ?? makeTemporaryDirectory();
  const throwaway = dataDir === undefined;
  const ports = new PortReservations();
  const forget = () => {
    ports.release();
    if (throwaway) removeDataDirectory(dataPaths(DATA_DIR));
  };
  try {
    const PORT = environment.PORT ?? String(await ports.reserveFrom(18_080));
    const config = readLocalConfig({ ...neutralEnvironment(), ...environment, PORT, DATA_DIR });
    const stack = new ForgettingStack(config, progress, throwaway, forget);
    await stack.start();
    return stack;
  } catch (error) {
    forget();
    throw error;
  }
}

class ForgettingStack extends Stack {
  readonly #forget: () => void;

  constructor(config: LocalConfig, progress: Progress | undefined, throwaway: boolean, forget: () => void) {
    super(config, progress, { throwaway });
    this.#forget = forget;
  }

  override async stop(): Promise<void> {
    await super.stop();
    this.#forget();
  }
}
