import {
  comparePlaces,
  type Order,
  type Place,
  parseMember,
  scoreOf,
} from '@leaderboard/shared/scoring/place';
import type { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import { boardKey, shardKey, userKey } from '@leaderboard/shared/topology/keys';
import type { RedisReply } from '@leaderboard/shared/topology/redis';
import { everyone } from '@leaderboard/shared/topology/regions';
import type { Shard, ShardMap } from '@leaderboard/shared/topology/shards';
import type { Standing } from './content.js';

export interface FirstPlaces {
  readonly total: number;
  readonly rows: readonly Standing[];
}

interface PlacedRow {
  readonly place: Place;
  readonly name: string;
  readonly region: string;
}

/** The first places of a game among everyone, as the boards are this moment. */
export class FirstPlacesReader {
  constructor(
    private readonly scripts: FencedScripts,
    private readonly shards: ShardMap,
  ) {}

  /**
   * @param period of a calendar window; undefined is all time
   * @throws ShardClosed, and what the connections throw
   */
  async read(game: string, order: Order, period: string | undefined, count: number): Promise<FirstPlaces> {
    const parts = await Promise.all(
      this.shards.readSet(everyone).map((shard) => this.#readShard(shard, game, period, count)),
    );
    const rows = parts.flatMap((part) => part.rows).sort((a, b) => comparePlaces(a.place, b.place));
    return {
      total: parts.reduce((sum, { total }) => sum + total, 0),
      rows: rows.slice(0, count).map(({ place, name, region }) => {
        const { userId, reachedAtUs } = parseMember(place.member);
        return {
          user_id: userId,
          name: name || userId,
          region,
          score: scoreOf(place.sortKey, order),
          reached_at: new Date(Math.floor(reachedAtUs / 1000)).toISOString(),
        };
      }),
    };
  }

  async #readShard(
    shard: Shard,
    game: string,
    period: string | undefined,
    count: number,
  ): Promise<{ total: number; rows: PlacedRow[] }> {
    const keys = [shardKey(shard), boardKey(shard, game, period), userKey(shard, '')];
    const args = ['', '', '0', String(count)];
    const reply = (await this.scripts.run('read-slices', shard, keys, args)) as RedisReply[];
    const [total, , , ...fields] = reply;
    const rows: PlacedRow[] = [];
    for (let at = 0; at < fields.length; at += 3) {
      const place = { member: String(fields[at]), sortKey: Number(fields[at + 1]) };
      rows.push({ place, name: String(fields[at + 2]), region: shard.region });
    }
    return { total: Number(total), rows };
  }
}
