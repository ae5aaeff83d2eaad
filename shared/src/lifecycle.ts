import closeWithGrace from 'close-with-grace';
import { ConfigError } from './config.js';
import type { Logger } from './logger.js';

/**
 * Whoever opens something registers its close here. At SIGTERM or SIGINT everything is closed, last
 * opened first, and the process ends with 0; it is ended with 1 if that takes over ten seconds.
 */
export class Lifecycle {
  readonly #closers: { name: string; close: () => unknown }[] = [];
  readonly #logger: Logger;
  #closing = false;

  constructor(logger: Logger) {
    this.#logger = logger;
    closeWithGrace({ delay: 10_000, logger: false }, async ({ signal, err }) => {
      if (err) logger.fatal({ err }, 'stopping after an unexpected error');
      else logger.info({ signal }, 'stopping');
      await this.close();
    });
  }

  /** True from the moment a stop was asked for: readiness probes answer 503 then. */
  get closing(): boolean {
    return this.#closing;
  }

  onClose(name: string, close: () => unknown): void {
    this.#closers.push({ name, close });
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (let closer = this.#closers.pop(); closer; closer = this.#closers.pop()) {
      try {
        await closer.close();
      } catch (err) {
        this.#logger.warn({ err, closing: closer.name }, 'could not be closed cleanly');
      }
    }
    this.#logger.flush();
  }
}

/**
 * Runs the start of a process. A mistake in the configuration, a taken port or an unreachable server
 * ends it with one line on stderr and exit code 1, not with a stack trace.
 */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    process.stderr.write(`${startError(error)}\n`);
    process.exit(1);
  }
}

function startError(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') return `PORT is taken: ${(error as Error).message}`;
  if (code === 'EACCES') return `PORT may not be used: ${(error as Error).message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
