import { memberOf, type Order, type Place, parseMember, scoreOf } from '@leaderboard/shared/scoring/place';
import type { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import { boardKey, defaultGame, hiddenBoardKey, shardKey, userKey } from '@leaderboard/shared/topology/keys';
import type { RedisReply } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import { Batchers } from './batchers.js';
import { type Board, eachBoard } from './board.js';

/** A user to look for. */
export interface WantedUser {
  readonly userId: string;
  /** Also when hidden from everyone else. */
  readonly withHidden: boolean;
}

/** One user's entry, and where it stands. */
export interface Entry {
  readonly userId: string;
  readonly name: string;
  readonly region: string;
  readonly score: number;
  readonly reachedAtUs: number;
  readonly place: Place;
}

/** An entry and its standing in its home shard, of one moment. */
export interface FoundEntry {
  readonly entry: Entry;
  readonly shard: Shard;
  /** Entries of the shard: in all (a hidden one for itself, too), before this one, and with a strictly better score. */
  readonly total: number;
  readonly before: number;
  readonly better: number;
}

/** What to read around a place; `undefined` is the start of the board. */
export interface SliceRequest {
  readonly place: Place | undefined;
  readonly rowsBefore: number;
  /** Counted from the place on: an entry that stands exactly there is the first of them. */
  readonly rowsFrom: number;
}

export interface Slice {
  /** How many entries of this shard stand before the place. */
  readonly before: number;
  readonly entries: Entry[];
}

export interface ShardSlices {
  readonly total: number;
  readonly slices: Slice[];
}

/** One user, or one list of places, of those that travel together. */
interface WantedEntry {
  readonly board: Board;
  readonly user: WantedUser;
}
interface WantedSlices {
  readonly board: Board;
  readonly requests: readonly SliceRequest[];
}

/** What travels together must not hold Redis for long: about a millisecond. */
const findLimits = { maxItems: 128, maxInFlight: 4 };
const readLimits = { maxItems: 64, maxInFlight: 4 };
/** Whoever wants more goes alone. */
const fewRows = 32;

/**
 * Reads boards of single shards; `domain/rankings.ts` merges them. Small reads of one shard that are made in the same moment
 * travel in one script call, as its writes do.
 */
export class BoardReader {
  readonly #scripts: FencedScripts;
  readonly #finds: Batchers<WantedEntry, FoundEntry | undefined>;
  readonly #reads: Batchers<WantedSlices, ShardSlices>;

  constructor(scripts: FencedScripts) {
    this.#scripts = scripts;
    this.#finds = new Batchers(findLimits, (shard, wanted) =>
      eachBoard(wanted, (board, these) =>
        this.#findAll(
          shard,
          board,
          these.map(({ user }) => user),
        ),
      ),
    );
    this.#reads = new Batchers(readLimits, (shard, wanted) =>
      eachBoard(wanted, (board, these) =>
        this.#readAll(
          shard,
          board,
          these.map(({ requests }) => requests),
        ),
      ),
    );
  }

  /** The entries of these users in this shard, and where they stand in it; users without one are left out. */
  async findEntries(shard: Shard, board: Board, users: readonly WantedUser[]): Promise<FoundEntry[]> {
    const [user] = users;
    const found =
      user && users.length === 1
        ? [await this.#finds.of(shard).add({ board, user })]
        : await this.#findAll(shard, board, users);
    return found.filter((entry) => entry !== undefined);
  }

  async readSlices(shard: Shard, board: Board, requests: readonly SliceRequest[]): Promise<ShardSlices> {
    const rows = requests.reduce((sum, { rowsBefore, rowsFrom }) => sum + rowsBefore + rowsFrom, 0);
    if (rows <= fewRows && requests.length <= fewRows) return this.#reads.of(shard).add({ board, requests });
    const [slices] = await this.#readAll(shard, board, [requests]);
    return slices as ShardSlices;
  }

  async #findAll(
    shard: Shard,
    board: Board,
    users: readonly WantedUser[],
  ): Promise<(FoundEntry | undefined)[]> {
    const { game, order, stretch } = board;
    const keys = [
      shardKey(shard),
      userKey(shard, ''),
      boardKey(shard, game, stretch?.name),
      hiddenBoardKey(shard, game, stretch?.name),
    ];
    const args = [placeField(board), stretch?.kind === 'rolling' ? stretch.name : ''];
    for (const { userId, withHidden } of users) args.push(userId, withHidden ? '1' : '0');
    const reply = await this.#scripts.run('find-entries', shard, keys, args);
    const [total, ...fields] = reply as RedisReply[];
    return users.map(({ userId }, at) => {
      const [found, key, reached, name, before, better] = fields.slice(at * 6, at * 6 + 6);
      if (found === '0') return undefined;
      const sortKey = Number(key);
      const reachedAtUs = Number(reached);
      const entry = {
        userId,
        name: String(name || userId),
        region: shard.region,
        score: scoreOf(sortKey, order),
        reachedAtUs,
        place: { sortKey, member: memberOf(userId, reachedAtUs) },
      };
      const self = found === 'hidden' ? 1 : 0;
      return { entry, shard, total: Number(total) + self, before: Number(before), better: Number(better) };
    });
  }

  async #readAll(
    shard: Shard,
    board: Board,
    lists: readonly (readonly SliceRequest[])[],
  ): Promise<ShardSlices[]> {
    const keys = [shardKey(shard), boardKey(shard, board.game, board.stretch?.name), userKey(shard, '')];
    const args: string[] = [];
    for (const { place, rowsBefore, rowsFrom } of lists.flat()) {
      args.push(
        place ? String(place.sortKey) : '',
        place?.member ?? '',
        String(rowsBefore),
        String(rowsFrom),
      );
    }
    const reply = (await this.#scripts.run('read-slices', shard, keys, args)) as RedisReply[];
    const { total, slices } = parseSlices(reply, shard, board.order, args.length / 4);
    let at = 0;
    return lists.map(({ length }) => {
      at += length;
      return { total, slices: slices.slice(at - length, at) };
    });
  }
}

/** The field of a user's hash that says when its score on this board was reached (lua/include/standings.lua). */
function placeField({ game, stretch }: Board): string {
  if (stretch === undefined) return game === defaultGame ? 'updated_at' : `updated_at:${game}`;
  return stretch.kind === 'rolling' ? `rolling:${game}` : `at:${game}:${stretch.name}`;
}

function parseSlices(reply: RedisReply[], shard: Shard, order: Order, count: number): ShardSlices {
  let at = 0;
  const next = () => reply[at++];
  const total = Number(next());
  const slices = Array.from({ length: count }, (): Slice => {
    const before = Number(next());
    const rows = Number(next());
    const entries = Array.from({ length: rows }, () => {
      const member = String(next());
      const sortKey = Number(next());
      const name = String(next());
      const { userId, reachedAtUs } = parseMember(member);
      const score = scoreOf(sortKey, order);
      return {
        userId,
        name: name || userId,
        region: shard.region,
        score,
        reachedAtUs,
        place: { sortKey, member },
      };
    });
    return { before, entries };
  });
  return { total, slices };
}
