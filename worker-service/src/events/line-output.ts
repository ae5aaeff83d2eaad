/** Standard output for lines that must have left before they count as shown. */
export class LineOutput {
  readonly #closed = new AbortController();

  constructor(private readonly stream: NodeJS.WritableStream) {
    // Whoever read us has gone (`… | head`): that is an end, and no error.
    stream.on('error', () => this.#closed.abort());
  }

  /** Aborted when nobody reads any more. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Resolves when the text has been handed over: true, or false when nobody reads any more. */
  write(text: string): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#closed.signal.aborted) resolve(false);
      else this.stream.write(text, (error) => resolve(!error));
    });
  }
}
