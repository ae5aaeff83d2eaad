import type { BoardReader } from './board-reader.js';
import { FollowedUsers } from './followed-users.js';
import { createFrame } from './frame.js';
import { readSnapshot, type Snapshot } from './snapshot.js';
import type { WatchedBoard } from './watched-board.js';
import type { Watcher } from './watcher.js';

/**
 * One board that is watched: read once per interval, whoever watches, and told to all when it changed.
 *
 *   open ─► first read ─► ready ─► read, tell, wait for the rest of the interval ─┐
 *               │                    ▲                                            │
 *               └─► failed           └────────────────────────────────────────────┘   until closed
 */
export class LiveBoard {
  /** Resolves after the first read. Rejects with its {@link Problem}: then there is nothing to watch. */
  readonly ready: Promise<void>;
  readonly #board: WatchedBoard;
  readonly #reader: BoardReader;
  readonly #intervalMs: number;
  readonly #watchers = new Set<Watcher>();
  readonly #followed: FollowedUsers;
  #snapshot: Snapshot | undefined;
  /** What the snapshot was read from: an answer with the same bytes needs no second look. */
  #body: Buffer | undefined;
  #stale = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(board: WatchedBoard, reader: BoardReader, intervalMs: number) {
    this.#board = board;
    this.#reader = reader;
    this.#intervalMs = intervalMs;
    this.#followed = new FollowedUsers(board, reader);
    this.ready = this.#begin();
    // Whoever waits for it gets the error; nobody may, when all have gone meanwhile.
    this.ready.catch(() => {});
  }

  /**
   * Tells it how the board is, and from then on what changes. Only when ready.
   * @param knownId of the snapshot that it has already
   */
  add(watcher: Watcher, knownId?: string): void {
    const snapshot = this.#snapshot;
    if (!snapshot) throw new Error('a board is watched before it was read');
    this.#watchers.add(watcher);
    if (snapshot.id !== knownId) watcher.send(snapshot.frame);
    if (this.#stale) watcher.send(createFrame(this.#board, 'stale', '{}'));
    if (watcher.userId !== undefined) this.#followed.add(watcher.userId, watcher, snapshot);
  }

  remove(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (watcher.userId !== undefined) this.#followed.remove(watcher.userId, watcher);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #begin(): Promise<void> {
    const begin = performance.now();
    this.#take(await this.#reader.top(this.#board));
    this.#waitSince(begin);
  }

  /** The rest of the interval: reads begin at least so far apart, however long one takes. */
  #waitSince(begin: number): void {
    if (this.#closed) return;
    const restMs = Math.max(0, this.#intervalMs - (performance.now() - begin));
    this.#timer = setTimeout(() => void this.#round(), restMs);
  }

  async #round(): Promise<void> {
    const begin = performance.now();
    const body = await this.#reader.top(this.#board).catch(() => undefined);
    if (this.#closed) return;
    if (body) this.#take(body);
    else this.#lose();
    if (body && this.#snapshot) await this.#followed.update(this.#snapshot);
    this.#waitSince(begin);
  }

  #take(body: Buffer): void {
    const before = this.#snapshot;
    if (!before || !this.#body?.equals(body)) this.#snapshot = readSnapshot(this.#board, body);
    this.#body = body;
    const { id, frame } = this.#snapshot as Snapshot;
    const changed = id !== before?.id;
    if (changed || this.#stale) {
      this.#stale = false;
      for (const watcher of this.#watchers) watcher.send(frame);
    }
  }

  #lose(): void {
    if (this.#stale) return;
    this.#stale = true;
    const frame = createFrame(this.#board, 'stale', '{}');
    for (const watcher of this.#watchers) watcher.send(frame);
  }
}
