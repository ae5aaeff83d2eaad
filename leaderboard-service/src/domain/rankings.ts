import type { Row, Standing as StandingAnswer } from '@leaderboard/shared/contracts/rankings';
import { Problem } from '@leaderboard/shared/http/problems';
import { percentileOf } from '@leaderboard/shared/scoring/percentile';
import {
  comparePlaces,
  maxScore,
  type Place,
  scoreOf,
  sortKeyOf,
  startOfTies,
} from '@leaderboard/shared/scoring/place';
import { isoFromUs } from '@leaderboard/shared/scoring/time';
import type { Shard, ShardMap } from '@leaderboard/shared/topology/shards';
import type { Board } from '../store/board.js';
import type { BoardReader, Entry, FoundEntry, SliceRequest, WantedUser } from '../store/board-reader.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { assignRanks, type MergedSlice, mergeSlices, sum } from './merge.js';
import { askShards } from './partial-reads.js';
import { findKeyAt } from './score-search.js';

export type Ties = 'unique' | 'shared';

/** Behind everyone on any board. */
const endOfBoard = startOfTies(maxScore + 1);

/** What every ranking answers about: a region (GLOBAL = everyone), a board, how ties are numbered. */
export interface RankingScope {
  readonly region: string;
  readonly board: Board;
  readonly ties: Ties;
  /** Who of the hidden users may be seen: the one who asks, everyone for an admin. */
  readonly seesHidden: (userId: string) => boolean;
  /** Regions that are left out of a read of everyone. */
  readonly without?: ReadonlySet<string>;
}

/**
 * Rankings over one or many shards. A read asks every shard of its region about the same places in one
 * round; a user's own place is found in a round before that, together with its standing in its home shard, so
 * that nobody who moves in between is counted twice.
 */
export class Rankings {
  readonly #reader: BoardReader;
  readonly #shards: ShardMap;

  constructor(reader: BoardReader, shards: ShardMap) {
    this.#reader = reader;
    this.#shards = shards;
  }

  async top(scope: RankingScope, limit: number, cursor: string | undefined) {
    const place = cursor === undefined ? undefined : decodeCursor(cursor);
    const slice = await this.#readOne(scope, { place, rowsBefore: 0, rowsFrom: limit + 1 });
    const entries = slice.entries.slice(0, limit);
    const last = entries.at(-1);
    const hasMore = slice.entries.length > limit;
    return {
      total: slice.total,
      rows: await this.#rows(scope, entries, slice.before + 1),
      ...(hasMore && last && { next_cursor: encodeCursor(last.place) }),
    };
  }

  /** @throws {Problem} not_ranked */
  async rank(scope: RankingScope, userId: string): Promise<StandingAnswer> {
    const found = await this.#find(scope, userId);
    const [standing] = await this.#standings(scope, [found]);
    return standingAnswer(found.entry, standing as Standing);
  }

  /** @throws {Problem} not_ranked */
  async around(scope: RankingScope, userId: string, range: number) {
    const found = await this.#find(scope, userId);
    const self = found.entry;
    const request = { place: self.place, rowsBefore: range, rowsFrom: range + 1 };
    // Who was found was found in a shard that answers.
    const answers = await askShards(
      this.#readSet(scope),
      async (shard) => ({ shard, ...(await this.#reader.readSlices(shard, scope.board, [request])) }),
      true,
    );
    const elsewhere = answers.filter(({ shard }) => shard !== found.shard);
    const rank = 1 + found.before + sum(elsewhere.map(({ slices }) => slices[0]?.before ?? 0));
    const total = found.total + sum(elsewhere.map((answer) => answer.total));

    const [slice] = mergeSlices(answers);
    const others = (slice?.entries ?? []).filter((entry) => entry.userId !== userId);
    const before = others.filter((entry) => comparePlaces(entry.place, self.place) < 0).slice(-range);
    const after = others.filter((entry) => comparePlaces(entry.place, self.place) > 0).slice(0, range);
    const rows = await this.#rows(scope, [...before, self, ...after], Math.max(1, rank - before.length));
    const [own] = rows.splice(before.length, 1);
    return { self: standingAnswer(self, { rank: (own as Row).rank, total }), around: rows };
  }

  async ranks(scope: RankingScope, userIds: readonly string[]) {
    const wanted = [...new Set(userIds)];
    const found = await this.#findAll(scope, wanted);
    found.sort((a, b) => comparePlaces(a.entry.place, b.entry.place));
    const [standings, board] = await Promise.all([
      this.#standings(scope, found),
      this.#readOne(scope, { place: undefined, rowsBefore: 0, rowsFrom: 0 }),
    ]);
    const known = new Set(found.map(({ entry }) => entry.userId));
    return {
      total: board.total,
      rows: found.map(({ entry }, at) => rowOf(entry, (standings[at] as Standing).rank)),
      not_found: wanted.filter((userId) => !known.has(userId)),
    };
  }

  /**
   * The score of the last rank among the best `percentile` percent, at least of the first.
   * @throws {Problem} not_ranked when nobody is
   */
  async scoreAt(scope: RankingScope, percentile: number) {
    const [start, end] = await this.#read(scope, [
      { place: undefined, rowsBefore: 0, rowsFrom: 1 },
      { place: endOfBoard, rowsBefore: 1, rowsFrom: 0 },
    ]);
    const [first] = start?.entries ?? [];
    const last = end?.entries.at(-1);
    if (!start || !first || !last) throw new Problem('not_ranked', `Nobody has a score in ${scope.region}`);
    const { total } = start;
    // What is whole but for the rounding of a division must not count as one more.
    const rank = Math.max(1, Math.ceil((total * percentile) / 100 - 1e-9));
    const key = await findKeyAt(rank, first.place.sortKey, last.place.sortKey, async (keys) => {
      const requests = keys.map((sortKey) => ({ place: startOfTies(sortKey), rowsBefore: 0, rowsFrom: 0 }));
      return (await this.#read(scope, requests)).map(({ before }) => before);
    });
    return { total, rank, score: scoreOf(key, scope.board.order) };
  }

  /** A score that is reached now stands behind all who have it already; with shared ties among them. */
  async aroundScore(scope: RankingScope, score: number, range: number) {
    const sortKey = sortKeyOf(score, scope.board.order);
    const [slice, better] = await this.#read(scope, [
      { place: startOfTies(sortKey + 1), rowsBefore: range, rowsFrom: range },
      { place: startOfTies(sortKey), rowsBefore: 0, rowsFrom: 0 },
    ]);
    const { total, before, entries } = slice as MergedSlice;
    const nearest = [
      ...entries.filter((entry) => entry.place.sortKey <= sortKey).slice(-range),
      ...entries.filter((entry) => entry.place.sortKey > sortKey).slice(0, range),
    ];
    const ahead = nearest.filter((entry) => entry.place.sortKey <= sortKey).length;
    const around = await this.#rows(scope, nearest, before + 1 - ahead);
    const rank = (scope.ties === 'shared' ? (better as MergedSlice).before : before) + 1;
    return { total, rank, around };
  }

  /** How many entries of a region stand before each place, in all of its shards but one; empty when it has no other. */
  async countBefore(
    region: string,
    board: Board,
    places: () => readonly Place[],
    except: Shard,
  ): Promise<readonly number[]> {
    const shards = this.#shards
      .readSet(region)
      .filter((shard) => shard.region === region && shard !== except);
    if (shards.length === 0) return [];
    const requests = places().map((place) => ({ place, rowsBefore: 0, rowsFrom: 0 }));
    return (await this.#readShards(shards, board, requests)).map(({ before }) => before);
  }

  async #rows(scope: RankingScope, entries: readonly Entry[], firstRank: number): Promise<Row[]> {
    const [first] = entries;
    if (!first) return [];
    let firstShared: number | undefined;
    if (scope.ties === 'shared') {
      const place = startOfTies(first.place.sortKey);
      const { before } = await this.#readOne(scope, { place, rowsBefore: 0, rowsFrom: 0 });
      // Somebody who has overtaken since the rows were read must not push them down.
      firstShared = Math.min(before + 1, firstRank);
    }
    const ranks = assignRanks(entries, firstRank, firstShared);
    return entries.map((entry, at) => rowOf(entry, ranks[at] as number));
  }

  async #find(scope: RankingScope, userId: string): Promise<FoundEntry> {
    const [found] = await this.#findAll(scope, [userId]);
    if (!found) throw new Problem('not_ranked', `"${userId}" has no score in ${scope.region}`);
    return found;
  }

  async #findAll(scope: RankingScope, userIds: readonly string[]): Promise<FoundEntry[]> {
    const { board, seesHidden } = scope;
    const byShard = new Map<Shard, WantedUser[]>();
    for (const userId of userIds) {
      const wanted = { userId, withHidden: seesHidden(userId) };
      for (const shard of this.#shards.candidates(scope.region, userId)) {
        if (scope.without?.has(shard.region)) continue;
        const users = byShard.get(shard);
        if (users) users.push(wanted);
        else byShard.set(shard, [wanted]);
      }
    }
    const found = await askShards([...byShard.keys()], (shard) =>
      this.#reader.findEntries(shard, board, byShard.get(shard) ?? []),
    );
    return found.flat();
  }

  /** Rank and total of entries: what their home shards said, and what the other shards of the region count. */
  async #standings(scope: RankingScope, found: readonly FoundEntry[]): Promise<Standing[]> {
    const { board, ties } = scope;
    const standings = found.map(({ before, better, total }) => ({
      rank: (ties === 'shared' ? better : before) + 1,
      total,
    }));
    const add = async (shard: Shard) => {
      const elsewhere = found.flatMap((one, at) => (one.shard === shard ? [] : [{ one, at }]));
      if (elsewhere.length === 0) return;
      const requests = elsewhere.map(({ one }) => {
        const { place } = one.entry;
        return {
          place: ties === 'shared' ? startOfTies(place.sortKey) : place,
          rowsBefore: 0,
          rowsFrom: 0,
        };
      });
      const { total, slices } = await this.#reader.readSlices(shard, board, requests);
      for (const [index, { at }] of elsewhere.entries()) {
        const standing = standings[at] as Standing;
        standing.rank += slices[index]?.before ?? 0;
        standing.total += total;
      }
    };
    // Who was found was found in a shard that answers.
    await askShards(this.#readSet(scope), add, true);
    return standings;
  }

  async #readOne(scope: RankingScope, request: SliceRequest): Promise<MergedSlice> {
    const [slice] = await this.#read(scope, [request]);
    return slice as MergedSlice;
  }

  #read(scope: RankingScope, requests: readonly SliceRequest[]): Promise<MergedSlice[]> {
    return this.#readShards(this.#readSet(scope), scope.board, requests);
  }

  #readSet({ region, without }: RankingScope): readonly Shard[] {
    const shards = this.#shards.readSet(region);
    return without?.size ? shards.filter((shard) => !without.has(shard.region)) : shards;
  }

  async #readShards(
    shards: readonly Shard[],
    board: Board,
    requests: readonly SliceRequest[],
  ): Promise<MergedSlice[]> {
    return mergeSlices(await askShards(shards, (shard) => this.#reader.readSlices(shard, board, requests)));
  }
}

/** Where an entry stands among all that a read covers. */
interface Standing {
  rank: number;
  total: number;
}

function rowOf(entry: Entry, rank: number): Row {
  return {
    rank,
    user_id: entry.userId,
    name: entry.name,
    region: entry.region,
    score: entry.score,
    updated_at: isoFromUs(entry.reachedAtUs),
  };
}

function standingAnswer(entry: Entry, { rank, total }: Standing): StandingAnswer {
  return { ...rowOf(entry, rank), total, percentile: percentileOf(rank, total) };
}
