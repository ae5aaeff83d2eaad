import { statSync } from 'node:fs';
import { ConfigError } from '@leaderboard/shared/config';
import { bulkMaxEvents } from '@leaderboard/shared/contracts/bulk';
import { BulkClient } from '../bulk/bulk-client.js';
import { count, duration, type ProgressDisplay } from '../bulk/progress-display.js';
import type { Target } from '../bulk/target.js';
import { type Cargo, Lanes } from './lanes.js';
import { type Line, readLines, type Start } from './line-reader.js';
import { RejectFile } from './rejects.js';
import { csvReader, ndjsonReader, type RowReader } from './row.js';
import { type ImportState, importId, readState, saveState } from './state.js';

export interface ImportOptions {
  readonly file: string;
  readonly format: 'csv' | 'ndjson';
  /** For rows that name none. */
  readonly game: string | undefined;
  readonly rejects: string;
  readonly state: string;
  readonly restart: boolean;
  readonly target: Target;
  readonly display: ProgressDisplay;
  readonly signal: AbortSignal;
}

export interface ImportReport {
  /** False when it was interrupted: the same command goes on. */
  readonly done: boolean;
  /** Rows that the server took in this run, and of them those that it had taken before. */
  readonly imported: number;
  readonly replayed: number;
  /** Lines in the reject file, those of earlier runs included. */
  readonly rejected: number;
  readonly seconds: number;
}

const lanesAtOnce = 4;
const saveEveryMs = 1_000;

/**
 * Loads the rows of a file through POST /scores: read lines → rows → lanes → calls; everything before the oldest row
 * that has not arrived is saved as done, once a second and at the end.
 */
export async function importFile(options: ImportOptions): Promise<ImportReport> {
  return new FileImport(options, await importId(options.file, options.game)).run();
}

class FileImport {
  readonly #rejects: RejectFile;
  readonly #client: BulkClient;
  readonly #lanes: Lanes;
  readonly #startedAt = performance.now();
  readonly #bytes: number;
  #state: ImportState;
  #read: Start;
  #imported = 0;
  #replayed = 0;
  #rejected = 0;
  #begunAt = 0;
  #savedAt = performance.now();
  #waitingFor = '';

  constructor(
    private readonly options: ImportOptions,
    id: string,
  ) {
    const { file, state, rejects, restart, target } = options;
    this.#bytes = statSync(file).size;
    this.#state = readState(state, id, target.url, restart);
    this.#read = { offset: this.#state.offset, number: this.#state.number };
    this.#rejects = new RejectFile(rejects);
    this.#client = new BulkClient(target, lanesAtOnce, {
      answered: () => {
        this.#waitingFor = '';
      },
      held: (_events, reason) => {
        this.#waitingFor = `  waiting: ${reason}`;
      },
    });
    this.#lanes = new Lanes(lanesAtOnce, bulkMaxEvents, (batch) => this.#deliver(batch));
  }

  async run(): Promise<ImportReport> {
    if (this.#state.done) return this.#report();
    const { file, display, signal } = this.options;
    this.#begunAt = this.#state.offset;
    try {
      const rowOf = await this.#rowReader();
      this.#rejected = this.#rejects.begin(this.#state.number);
      for await (const lines of readLines(file, this.#read)) {
        for (const line of lines) {
          await this.#take(line, rowOf);
          if (signal.aborted) break;
        }
        if (signal.aborted) break;
      }
      await this.#lanes.finish();
      this.#save();
    } finally {
      display.end();
      await this.#client.close();
    }
    return this.#report();
  }

  #report(): ImportReport {
    return {
      done: this.#state.done,
      imported: this.#imported,
      replayed: this.#replayed,
      rejected: this.#rejected,
      seconds: (performance.now() - this.#startedAt) / 1000,
    };
  }

  async #rowReader(): Promise<RowReader> {
    const { file, format, game } = this.options;
    if (format === 'ndjson') return ndjsonReader(game);
    for await (const [header] of readLines(file, { offset: 0, number: 1 })) {
      if (header?.text === undefined) break;
      if (this.#read.offset === 0) this.#read = { offset: header.end, number: 2 };
      return csvReader(header.text, game);
    }
    throw new ConfigError(file, 'has no header that can be read');
  }

  async #take(line: Line, rowOf: RowReader): Promise<void> {
    const { number, end, text } = line;
    const { offset } = this.#read;
    const eventId = `import-${this.#state.id}-${number}`;
    if (text === undefined) this.#reject(number, 'bad_line', line.problem ?? '', '');
    else if (text.trim() !== '') {
      const row = rowOf(text, eventId);
      if ('reason' in row) this.#reject(number, 'bad_line', row.reason, text);
      else await this.#lanes.add({ userId: row.userId, json: row.json, line: number, offset, text });
    }
    // Interrupted while it waited for its lane: it is not read yet.
    if (!this.options.signal.aborted) this.#read = { offset: end, number: number + 1 };
    if ((number & 255) === 0) this.#show();
  }

  async #deliver(batch: readonly Cargo[]): Promise<boolean> {
    const { signal } = this.options;
    const outcomes = await this.#client.send(
      batch.map(({ json }) => json),
      signal,
    );
    if (outcomes.includes(undefined)) return false;
    for (const [at, { line, text }] of batch.entries()) {
      const outcome = outcomes[at];
      if (outcome?.ok) {
        this.#imported += 1;
        if (outcome.replayed) this.#replayed += 1;
      } else this.#reject(line, outcome?.code ?? '', outcome?.detail ?? '', text);
    }
    return true;
  }

  #reject(line: number, code: string, reason: string, text: string): void {
    this.#rejected += 1;
    this.#rejects.add({ line, code, reason, text });
  }

  #show(): void {
    if (performance.now() - this.#savedAt > saveEveryMs) this.#save();
    this.options.display.show(this.#read.offset / this.#bytes, () => {
      const seconds = (performance.now() - this.#startedAt) / 1000;
      const left = ((this.#bytes - this.#read.offset) * seconds) / (this.#read.offset - this.#begunAt);
      const speed = `${count(this.#imported / seconds)} rows/s`;
      return `${count(this.#imported)} rows  ${speed}  ${duration(left)} left${this.#waitingFor}`;
    });
  }

  #save(): void {
    this.#savedAt = performance.now();
    this.#rejects.flush();
    const place = this.#lanes.arrivedUpTo(this.#read);
    this.#state = { ...this.#state, ...place, done: place.offset >= this.#bytes };
    saveState(this.options.state, this.#state);
  }
}
