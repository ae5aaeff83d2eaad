import type { GameDefinition } from '@leaderboard/shared/contracts/games';
import { type CalendarWindow, type Period, periodAt } from '@leaderboard/shared/scoring/periods';
import { isCalendar, rollingWindows, windowsText } from '@leaderboard/shared/scoring/windows';
import { gamesKey } from '@leaderboard/shared/topology/keys';
import type { RedisConnection } from '@leaderboard/shared/topology/redis';
import type { Shard } from '@leaderboard/shared/topology/shards';
import type pg from 'pg';
import { readHash } from '../redis/read-hash.js';
import { gamesFrom } from '../sql/read-rows.js';

/** Which windows each game keeps: what a recovery needs to restore them, in whatever shard. */

type Definition = Pick<GameDefinition, 'windows' | 'timezone'>;

export interface WindowSettings {
  readonly retainPeriods: number;
  readonly bucketSeconds: number;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;

export class WindowDefinitions {
  readonly #known = new Map<string, string>();

  /** @param definitions of the games that keep windows, by name */
  constructor(
    private readonly definitions: ReadonlyMap<string, Definition>,
    readonly settings: WindowSettings,
  ) {}

  get games(): readonly string[] {
    return [...this.definitions.keys()];
  }

  /** As scoring/windows.ts writes them, with the periods of one time. */
  at(game: string, timeMs: number): string {
    const definition = this.definitions.get(game);
    if (!definition) return '';
    const key = `${game} ${Math.floor(timeMs / hourMs)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const text = windowsText({ ...definition, retainPeriods: this.settings.retainPeriods }, [timeMs]);
    // Within an hour a period can end; then every time is worked out by itself.
    const next = windowsText({ ...definition, retainPeriods: this.settings.retainPeriods }, [
      (Math.floor(timeMs / hourMs) + 1) * hourMs - 1,
    ]);
    if (text === next) this.#known.set(key, text);
    return text;
  }

  /** Nothing that happened before counts in any window. */
  horizonMs(nowMs: number): number {
    const starts = [...this.definitions.values()].flatMap(({ windows, timezone }) =>
      windows.map((window) => {
        if (isCalendar(window)) return this.#oldestPeriod(window, timezone, nowMs).startsAtMs;
        return nowMs - longestRollingMs - this.settings.bucketSeconds * 1000;
      }),
    );
    return starts.reduce((least, start) => Math.min(least, start), nowMs);
  }

  #oldestPeriod(window: CalendarWindow, timezone: string, nowMs: number): Period {
    let period = periodAt(window, timezone, nowMs);
    for (let back = 0; back < this.settings.retainPeriods; back += 1) {
      period = periodAt(window, timezone, period.startsAtMs - 1);
    }
    return period;
  }
}

const longestRollingMs = Math.max(...rollingWindows.map(daysOf)) * dayMs;

function daysOf(window: string): number {
  return window.endsWith('h') ? Number.parseInt(window, 10) / 24 : Number.parseInt(window, 10);
}

/**
 * Reads the definitions where games are kept: in Postgres, and in Redis what waits to be stored there. One of the two is
 * enough when the other cannot be asked.
 */
export async function readWindowDefinitions(
  gamesShard: Shard,
  redis: RedisConnection,
  postgres: pg.Pool,
  settings: WindowSettings,
): Promise<WindowDefinitions> {
  const sources = await Promise.allSettled([fromPostgres(postgres), fromRedis(gamesShard, redis)]);
  const [first, second] = sources;
  if (first.status === 'rejected' && second.status === 'rejected') throw first.reason;
  const newest = new Map<string, StoredDefinition>();
  for (const source of sources) {
    if (source.status === 'rejected') continue;
    for (const stored of source.value) {
      if ((newest.get(stored.game)?.version ?? -1) < stored.version) newest.set(stored.game, stored);
    }
  }
  const kept = [...newest.values()].filter(({ definition }) => definition.windows.length > 0);
  return new WindowDefinitions(new Map(kept.map(({ game, definition }) => [game, definition])), settings);
}

interface StoredDefinition {
  readonly game: string;
  readonly version: number;
  readonly definition: Definition;
}

async function fromPostgres(postgres: pg.Pool): Promise<StoredDefinition[]> {
  const { rows } = await postgres.query<[string, string, string]>({ text: gamesFrom(0), rowMode: 'array' });
  return rows.map(([game, text, version]) => ({
    game,
    version: Number(version),
    definition: withDefaults(JSON.parse(text) as Partial<Definition>),
  }));
}

async function fromRedis(shard: Shard, redis: RedisConnection): Promise<StoredDefinition[]> {
  return [...(await readHash(redis, gamesKey(shard)))].map(([game, text]) => {
    const stored = JSON.parse(text) as Partial<Definition> & { version: number };
    return { game, version: stored.version, definition: withDefaults(stored) };
  });
}

const withDefaults = ({ windows = [], timezone = 'UTC' }: Partial<Definition>): Definition => ({
  windows,
  timezone,
});
