import { showProgress } from '@leaderboard/local/progress';

/** Lines for people who wait. */
export interface Progress {
  line(text: string): void;
  /** How far a long step is: a bar on a terminal, elsewhere a line now and then. */
  bar(title: string): ProgressBar;
}

export interface ProgressBar {
  at(done: number, total: number): void;
  end(): void;
}

const barWidth = 30;
const redrawEveryMs = 100;
const lineEveryMs = 5000;

/** On stderr: the table on stdout can be piped. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  return {
    line: showProgress,
    bar: (title) => (stream.isTTY ? terminalBar(stream, title) : loggedBar(title)),
  };
}

function terminalBar(stream: NodeJS.WriteStream, title: string): ProgressBar {
  let drawnAt = 0;
  return {
    at(done, total) {
      if (performance.now() - drawnAt < redrawEveryMs && done < total) return;
      drawnAt = performance.now();
      const filled = Math.round(barWidth * share(done, total));
      stream.write(`\r\x1b[K${title} [${'█'.repeat(filled).padEnd(barWidth)}] ${describe(done, total)}`);
    },
    end: () => stream.write('\r\x1b[K'),
  };
}

function loggedBar(title: string): ProgressBar {
  let loggedAt = performance.now();
  return {
    at(done, total) {
      if (performance.now() - loggedAt < lineEveryMs) return;
      loggedAt = performance.now();
      showProgress(`${title}: ${describe(done, total)}`);
    },
    end() {},
  };
}

const share = (done: number, total: number) => (total === 0 ? 1 : Math.min(1, done / total));

function describe(done: number, total: number): string {
  return `${done.toLocaleString('en')} of ${total.toLocaleString('en')} (${Math.floor(100 * share(done, total))} %)`;
}
