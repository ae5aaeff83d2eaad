import type { Row } from '@leaderboard/shared/contracts/rankings';
import type { BoardReader } from './board-reader.js';
import { createFrame, type Frame } from './frame.js';
import type { Snapshot } from './snapshot.js';
import {
  passedData,
  passersAmong,
  rowsBefore,
  type Sighting,
  type Standing,
  selfData,
  wasPassed,
} from './standing.js';
import type { WatchedBoard } from './watched-board.js';
import type { Watcher } from './watcher.js';

/** Ids in one call of `/ranks`. */
const idsPerCall = 200;
/** So often a round may ask who stands before a user: a new first passes everybody at once. */
const lookupsPerRound = 10;

interface Followed {
  readonly watchers: Set<Watcher>;
  sighting: Sighting | undefined;
  self: { readonly data: string; readonly frame: Frame } | undefined;
}

/** The users whose own standing is told to those who watch a board with their id. */
export class FollowedUsers {
  readonly #board: WatchedBoard;
  readonly #reader: BoardReader;
  readonly #users = new Map<string, Followed>();

  constructor(board: WatchedBoard, reader: BoardReader) {
    this.#board = board;
    this.#reader = reader;
  }

  /** Tells at once what is known: from others who follow the same user, or from the snapshot. */
  add(userId: string, watcher: Watcher, snapshot: Snapshot): void {
    let followed = this.#users.get(userId);
    if (!followed) {
      followed = { watchers: new Set(), sighting: undefined, self: undefined };
      this.#users.set(userId, followed);
    }
    followed.watchers.add(watcher);
    if (followed.self) {
      watcher.send(followed.self.frame);
      return;
    }
    const row = snapshot.rows.find((each) => each.user_id === userId);
    const standing = row && { row, total: snapshot.total };
    if (standing) this.#tell(userId, followed, { standing, rows: snapshot.rows, atMs: Date.now() });
  }

  remove(userId: string, watcher: Watcher): void {
    const followed = this.#users.get(userId);
    if (followed?.watchers.delete(watcher) && followed.watchers.size === 0) this.#users.delete(userId);
  }

  /** Reads where everybody stands now and tells what changed. A user who could not be read keeps what it had. */
  async update(snapshot: Snapshot): Promise<void> {
    if (this.#users.size === 0) return;
    const atMs = Date.now();
    const standings = await this.#read(snapshot);
    let lookups = lookupsPerRound;
    for (const [userId, followed] of this.#users) {
      if (!standings.has(userId)) continue;
      const standing = standings.get(userId);
      const { sighting } = followed;
      this.#tell(userId, followed, { standing, rows: snapshot.rows, atMs });
      if (!sighting || !standing || !wasPassed(sighting.standing, standing)) continue;
      const before = rowsBefore(snapshot, userId) ?? (lookups-- > 0 ? await this.#rowsBefore(userId) : []);
      const by = passersAmong(before, userId, sighting);
      const data = passedData(userId, sighting.standing.row.rank, standing.row.rank, by);
      send(followed, createFrame(this.#board, 'passed', data));
    }
  }

  #tell(userId: string, followed: Followed, sighting: Sighting): void {
    followed.sighting = sighting;
    const data = selfData(userId, sighting.standing);
    if (followed.self?.data === data) return;
    followed.self = { data, frame: createFrame(this.#board, 'self', data) };
    send(followed, followed.self.frame);
  }

  /** Who is in the snapshot stands as it says; the others are asked for. */
  async #read({ rows, total }: Snapshot): Promise<Map<string, Standing>> {
    const standings = new Map<string, Standing>();
    for (const row of rows) {
      if (this.#users.has(row.user_id)) standings.set(row.user_id, { row, total });
    }
    const others = [...this.#users.keys()].filter((userId) => !standings.has(userId));
    for (let at = 0; at < others.length; at += idsPerCall) {
      const userIds = others.slice(at, at + idsPerCall);
      const answer = await this.#reader.ranks(this.#board, userIds).catch(() => undefined);
      if (!answer) continue;
      const found = new Map(answer.rows.map((row) => [row.user_id, row]));
      for (const userId of userIds) {
        const row = found.get(userId);
        standings.set(userId, row && { row, total: answer.total });
      }
    }
    return standings;
  }

  async #rowsBefore(userId: string): Promise<readonly Row[]> {
    return this.#reader.before(this.#board, userId).catch(() => []);
  }
}

function send({ watchers }: Followed, frame: Frame): void {
  for (const watcher of watchers) watcher.send(frame);
}
