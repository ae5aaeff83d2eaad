import { Problem } from '@leaderboard/shared/http/problems';
import type { BoardReader } from './board-reader.js';
import { LiveBoard } from './live-board.js';
import { keyOf, type WatchedBoard } from './watched-board.js';
import type { Watcher } from './watcher.js';

export interface HubSettings {
  intervalMs: number;
  maxBoards: number;
}

/** A place at a board that was read. The board goes on being read until all have left. */
export interface Seat {
  /** @param knownId of the snapshot that the watcher has already */
  start(watcher: Watcher, knownId?: string): void;
  leave(): void;
}

interface Shared {
  readonly board: LiveBoard;
  seats: number;
}

const retryAfterSeconds = 5;

/** The boards that somebody watches at this gateway, each read once for all. */
export class LiveHub {
  readonly #reader: BoardReader;
  readonly #settings: HubSettings;
  readonly #boards = new Map<string, Shared>();

  constructor(reader: BoardReader, settings: HubSettings) {
    this.#reader = reader;
    this.#settings = settings;
  }

  get boardCount(): number {
    return this.#boards.size;
  }

  /** @throws {Problem} live_busy, or why the board cannot be read */
  async join(wanted: WatchedBoard): Promise<Seat> {
    const key = keyOf(wanted);
    const shared = this.#boards.get(key) ?? this.#open(key, wanted);
    shared.seats++;
    let watcher: Watcher | undefined;
    let left = false;
    const leave = () => {
      if (left) return;
      left = true;
      if (watcher) shared.board.remove(watcher);
      if (--shared.seats > 0) return;
      shared.board.close();
      this.#boards.delete(key);
    };
    try {
      await shared.board.ready;
    } catch (problem) {
      leave();
      throw problem;
    }
    return {
      leave,
      start(whoever, knownId) {
        watcher = whoever;
        shared.board.add(whoever, knownId);
      },
    };
  }

  close(): void {
    for (const { board } of this.#boards.values()) board.close();
  }

  #open(key: string, wanted: WatchedBoard): Shared {
    if (this.#boards.size >= this.#settings.maxBoards) {
      throw new Problem('live_busy', 'This gateway watches as many boards as it may', { retryAfterSeconds });
    }
    const shared = { board: new LiveBoard(wanted, this.#reader, this.#settings.intervalMs), seats: 0 };
    this.#boards.set(key, shared);
    return shared;
  }
}
