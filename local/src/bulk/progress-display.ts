const barWidth = 24;
const redrawMs = 200;
const lineMs = 5_000;

/** A bar that is redrawn on a terminal, elsewhere a line every few seconds. On stderr: output can be piped. */
export class ProgressDisplay {
  #shownAt: number;

  constructor(
    private readonly stream: NodeJS.WriteStream = process.stderr,
    private readonly tty = stream.isTTY === true,
  ) {
    this.#shownAt = tty ? 0 : performance.now();
  }

  /** `share` 0–1, undefined when there is no end; the text is only made when it is shown. */
  show(share: number | undefined, text: () => string): void {
    const now = performance.now();
    if (now - this.#shownAt < (this.tty ? redrawMs : lineMs)) return;
    this.#shownAt = now;
    if (!this.tty) this.stream.write(`${share === undefined ? '' : `${percent(share)}  `}${text()}\n`);
    else this.stream.write(`\r\u001b[K${this.#fit(`${bar(share)}${text()}`)}`);
  }

  /** A line of its own above the bar. */
  say(line: string): void {
    this.stream.write(`${this.tty ? '\r\u001b[K' : ''}${line}\n`);
  }

  end(): void {
    if (this.tty) this.stream.write('\r\u001b[K');
  }

  /** A line that wraps could not be redrawn. */
  #fit(line: string): string {
    const columns = this.stream.columns ?? 80;
    return line.length < columns ? line : `${line.slice(0, columns - 2)}…`;
  }
}

const percent = (share: number) => `${String(Math.floor(100 * share)).padStart(3)} %`;

function bar(share: number | undefined): string {
  if (share === undefined) return '';
  const filled = '█'.repeat(Math.round(Math.min(1, share) * barWidth)).padEnd(barWidth, '░');
  return `${filled} ${percent(share)}  `;
}

export const count = (number: number): string => Math.round(number).toLocaleString('en');

/** 3725 → `1 h 02 min`; 59.4 → `59 s`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
