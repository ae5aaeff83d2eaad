/** Thrown wherever a long command is when somebody wants it to end. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  constructor(signal: string) {
    super(`interrupted by ${signal}`);
  }
}

/** npm passes on to us what the terminal has sent us already: only a later signal is a second one. */
const sameSignalWithinMs = 500;

/** Aborted by the first Ctrl-C (or SIGTERM, or a closed terminal); `onSecond` is called when it is repeated. */
export function interruptible(onSecond: () => void): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const interrupt = (name: NodeJS.Signals) => {
    const now = performance.now();
    if (firstAt === undefined) {
      firstAt = now;
      controller.abort(new Interrupted(name));
    } else if (now - firstAt > sameSignalWithinMs) {
      onSecond();
    }
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  // A closed terminal must not end us before everything is stopped.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  return controller.signal;
}
