import { type DisposableRedis, startDisposableRedis } from '@leaderboard/local/disposable-redis';
import { createLogger } from '@leaderboard/shared/logger';
import { connectRedis, type RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Bench } from '../bench.js';
import { usedMemory } from '../platform/redis-rebuild.js';

const cursorRows = 1000;

/** The baseline of everything that fills a Redis: another one with the same settings, and boards with nothing but scores. */
export class BareRedis {
  private constructor(
    private readonly server: DisposableRedis,
    private readonly connection: RedisConnection,
    private readonly emergencyStops: Set<() => void>,
  ) {
    emergencyStops.add(this.#stopNow);
  }

  static async start({ searchPath, emergencyStops }: Bench): Promise<BareRedis> {
    const server = await startDisposableRedis(searchPath);
    try {
      const logger = createLogger({ service: 'bench', instance: 'bench', level: 'fatal' });
      const address = { variable: 'REDIS_URL', url: server.url };
      return new BareRedis(server, await connectRedis(address, 'bench', logger), emergencyStops);
    } catch (error) {
      await server.remove();
      throw error;
    }
  }

  get pid(): number {
    return this.server.process.pid;
  }

  async empty(): Promise<void> {
    await this.connection.send(['FLUSHALL', 'SYNC']);
  }

  async usedMemory(): Promise<number> {
    return await usedMemory(this.connection);
  }

  /** One ZSET for each region, filled from Postgres by a cursor, with the next rows on their way meanwhile. */
  async fillBoards({ platform, signal }: Bench): Promise<number> {
    const counts = await platform.databases.each(async (client, region) => {
      const fetch = async () => {
        const query = { text: `FETCH ${cursorRows} FROM bench_rows`, rowMode: 'array' } as const;
        return (await client.query<[string, string]>(query)).rows;
      };
      await client.query('BEGIN READ ONLY');
      await client.query(`
        DECLARE bench_rows NO SCROLL CURSOR FOR
        SELECT score::text, user_id FROM leaderboard WHERE game = 'default' AND score IS NOT NULL`);
      let count = 0;
      let adding: Promise<unknown> = Promise.resolve();
      for (let rows = await fetch(); rows.length > 0; rows = await fetch()) {
        signal.throwIfAborted();
        await adding;
        adding = this.connection.send(['ZADD', `board:${region}`, ...rows.flat()]);
        adding.catch(() => {});
        count += rows.length;
      }
      await adding;
      await client.query('COMMIT');
      return count;
    });
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async remove(): Promise<void> {
    await this.connection.close();
    await this.server.remove();
    this.emergencyStops.delete(this.#stopNow);
  }

  readonly #stopNow = () => this.server.process.stopNow();
}
