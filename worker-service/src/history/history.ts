import type {
  ExportAnswer,
  HistoryAnswer,
  HistoryEvent,
  HistoryQuery,
} from '@leaderboard/shared/contracts/history';
import { accountGone, type Caller, isFor, type Role } from '@leaderboard/shared/http/auth';
import { Problem } from '@leaderboard/shared/http/problems';
import type { FencedScripts } from '@leaderboard/shared/scripting/fenced-scripts';
import { readAccount, type StoredAccount } from '@leaderboard/shared/scripting/read-account';
import { everyone } from '@leaderboard/shared/topology/regions';
import type { ShardMap } from '@leaderboard/shared/topology/shards';
import { ask } from '../postgres/ask.js';
import type { Databases } from '../postgres/databases.js';
import { readAccountDate } from '../sql/read-account-date.js';
import { readHistory } from '../sql/read-history.js';
import { readUserEntries } from '../sql/read-user-entries.js';
import { decodeCursor, encodeCursor } from './cursor.js';

/** Events in an export; its cursor leads to older ones. */
const exportedEvents = 10_000;

/**
 * How far the clocks of two regions' Redis may be apart. An account's version comes from one clock and the versions of its
 * events from another.
 */
const clockToleranceUs = 1_000_000;

interface EventRow {
  event_id: string;
  version: string;
  game: string;
  op: string;
  value: string | null;
  score: string | null;
  happened_at: Date;
  accepted_at: Date;
  request_id: string | null;
}

/**
 * What Postgres keeps of a user. Whose past it is, Redis says: an account that was erased a moment ago is refused at
 * once, and whoever has its id next sees nothing of it, however long the erasure waits to be stored.
 */
export class History {
  constructor(
    private readonly scripts: FencedScripts,
    private readonly shards: ShardMap,
    private readonly databases: Databases,
  ) {}

  /** @throws {Problem} forbidden, unauthorized, unknown_user, invalid_cursor, store_unavailable */
  async page(caller: Caller, userId: string, { game, limit, cursor }: HistoryQuery): Promise<HistoryAnswer> {
    const below = cursor === undefined ? undefined : decodeCursor(cursor);
    const account = await this.#readable(caller, userId, ['server', 'admin']);
    const page = await this.#events(account, game, limit, below);
    return { user_id: userId, region: account.region, ...page };
  }

  /** All that is kept of a user, but the password's hash. @throws {Problem} as `page` */
  async export(caller: Caller, userId: string): Promise<ExportAnswer> {
    const account = await this.#readable(caller, userId, ['admin']);
    const { name, region, version } = account;
    const [dates, entries, history] = await Promise.all([
      ask<{ created_at: Date }>(this.databases.ofRegion(everyone), readAccountDate, [userId, version]),
      ask<{ game: string; score: string; achieved_at: Date; updated_at: Date }>(
        this.databases.ofRegion(region),
        readUserEntries,
        [userId, sinceVersion(account)],
      ),
      this.#events(account, undefined, exportedEvents),
    ]);
    const [date] = dates;
    return {
      exported_at: new Date().toISOString(),
      account: { user_id: userId, name, region, ...(date && { created_at: date.created_at.toISOString() }) },
      entries: entries.map(({ game, score, achieved_at, updated_at }) => ({
        game,
        score: Number(score),
        achieved_at: achieved_at.toISOString(),
        updated_at: updated_at.toISOString(),
      })),
      history,
    };
  }

  async #readable(caller: Caller, userId: string, roles: readonly Role[]): Promise<StoredAccount> {
    const mayRead = roles.includes(caller.role) || (caller.role === 'player' && caller.user_id === userId);
    if (!mayRead)
      throw new Problem('forbidden', `Only the user itself may read this, and ${roles.join(', ')}`);
    const account = await readAccount(this.scripts, this.shards, userId);
    if (caller.role === 'player' && !isFor(caller, account)) throw accountGone();
    if (account === undefined || this.shards.region(account.region) === undefined) {
      throw new Problem('unknown_user', `There is no user "${userId}"`);
    }
    return account;
  }

  async #events(
    account: StoredAccount,
    game: string | undefined,
    limit: number,
    below = Number.MAX_SAFE_INTEGER,
  ): Promise<{ events: HistoryEvent[]; next_cursor?: string }> {
    const rows = await ask<EventRow>(this.databases.ofRegion(account.region), readHistory, [
      account.userId,
      below,
      sinceVersion(account),
      game ?? null,
      limit + 1,
    ]);
    const events = rows.slice(0, limit).map(eventOf);
    const last = events.at(-1);
    return { events, ...(rows.length > limit && last && { next_cursor: encodeCursor(last.version) }) };
  }
}

const sinceVersion = ({ version }: StoredAccount) => Math.max(0, version - clockToleranceUs);
const numberOf = (text: string | null) => (text === null ? null : Number(text));

function eventOf({ event_id, version, game, op, value, score, ...row }: EventRow): HistoryEvent {
  return {
    event_id,
    version: Number(version),
    game,
    op,
    value: numberOf(value),
    score: numberOf(score),
    timestamp: row.happened_at.toISOString(),
    accepted_at: row.accepted_at.toISOString(),
    ...(row.request_id !== null && { request_id: row.request_id }),
  };
}
