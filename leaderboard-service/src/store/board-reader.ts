import {
  memberOf,
  type Order,
  type Place,
  parseMember,
  scoreOf,
  sortKeyOf,
} from '@leaderboard/shared/scoring/place';
import type { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import { boardKey, shardKey, userKey } from '@leaderboard/shared/topology/keys';
import type { RedisReply } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';

/** One board: a game (and later a window) with its order. */
export interface Board {
  readonly game: string;
  readonly order: Order;
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
  /** Entries of the shard: in all, before this one, and with a strictly better score. */
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

/** Reads boards of single shards; `domain/rankings.ts` merges them. */
export class BoardReader {
  readonly #scripts: FencedScripts;

  constructor(scripts: FencedScripts) {
    this.#scripts = scripts;
  }

  /** The entries of these users in this shard, and where they stand in it; users without one are left out. */
  async findEntries(shard: Shard, board: Board, userIds: readonly string[]): Promise<FoundEntry[]> {
    const keys = [shardKey(shard), userKey(shard, ''), boardKey(shard, board.game)];
    const reply = await this.#scripts.run('find-entries', shard, keys, [board.game, ...userIds]);
    const [total, ...fields] = reply as RedisReply[];
    return userIds.flatMap((userId, at) => {
      const [found, score, reached, name, before, better] = fields.slice(at * 6, at * 6 + 6);
      if (found !== '1') return [];
      const reachedAtUs = Number(reached);
      const place = { sortKey: sortKeyOf(Number(score), board.order), member: memberOf(userId, reachedAtUs) };
      const entry = {
        userId,
        name: String(name || userId),
        region: shard.region,
        score: Number(score),
        reachedAtUs,
        place,
      };
      return [{ entry, shard, total: Number(total), before: Number(before), better: Number(better) }];
    });
  }

  async readSlices(shard: Shard, board: Board, requests: readonly SliceRequest[]): Promise<ShardSlices> {
    const keys = [shardKey(shard), boardKey(shard, board.game), userKey(shard, '')];
    const args = requests.flatMap(({ place, rowsBefore, rowsFrom }) => [
      place ? String(place.sortKey) : '',
      place?.member ?? '',
      String(rowsBefore),
      String(rowsFrom),
    ]);
    const reply = (await this.#scripts.run('read-slices', shard, keys, args)) as RedisReply[];
    return parseSlices(reply, shard, board.order, requests.length);
  }
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
