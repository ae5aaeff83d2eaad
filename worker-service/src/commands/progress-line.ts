const barWidth = 30;
const redrawMs = 100;
const logMs = 2_000;

/** A progress bar on a terminal, now and then a line elsewhere. On stderr, so that output can be piped. */
export class ProgressLine {
  readonly #tty = process.stderr.isTTY === true;
  readonly #startedAt = Date.now();
  #shownAt = 0;

  constructor(
    private readonly label: string,
    /** About; 0 = not known. */
    private readonly total: number,
  ) {}

  show(done: number): void {
    const now = Date.now();
    if (now - this.#shownAt < (this.#tty ? redrawMs : logMs)) return;
    this.#shownAt = now;
    this.#write(done, now);
  }

  end(): void {
    if (this.#tty) process.stderr.write('\r\u001b[K');
  }

  #write(done: number, now: number): void {
    const speed = Math.round((done * 1000) / Math.max(1, now - this.#startedAt));
    const text =
      this.total > 0
        ? `${done} of about ${this.total} rows, ${speed} rows/s`
        : `${done} rows, ${speed} rows/s`;
    if (!this.#tty) process.stderr.write(`${this.label}: ${text}\n`);
    else process.stderr.write(`\r\u001b[K${this.label} ${this.#bar(done)}${text}`);
  }

  #bar(done: number): string {
    if (this.total <= 0) return '';
    const share = Math.min(1, done / this.total);
    const bar = '█'.repeat(Math.round(share * barWidth)).padEnd(barWidth, '░');
    return `${bar} ${String(Math.round(share * 100)).padStart(3)} %  `;
  }
}
