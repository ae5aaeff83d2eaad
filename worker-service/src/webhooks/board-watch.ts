import { randomUUID } from 'node:crypto';
import { defaultDefinition, type GameDefinition } from '@leaderboard/shared/contracts/games';
import type { Logger } from '@leaderboard/shared/logger';
import { type CalendarWindow, type Period, periodAt } from '@leaderboard/shared/scoring/periods';
import { isCalendar } from '@leaderboard/shared/scoring/windows';
import { defaultGame } from '@leaderboard/shared/topology/keys';
import { everyone } from '@leaderboard/shared/topology/regions';
import { pause } from '../backoff.js';
import { inTransaction, type Query } from '../postgres/transaction.js';
import { gamesFrom } from '../sql/read-rows.js';
import { forgetLeaders, lockMark, openMark, setMark } from '../sql/webhooks.js';
import type { Content, Standing } from './content.js';
import type { FirstPlacesReader } from './first-places.js';
import { type WebhookRow, type WebhookStore, wants } from './webhook-store.js';

export interface WatchContext {
  readonly store: WebhookStore;
  readonly places: FirstPlacesReader;
  /** How many ended periods have a board. */
  readonly retainPeriods: number;
  /** Called when something was queued. */
  readonly onQueued: () => void;
  readonly logger: Logger;
}

const lookEveryMs = 1_000;
/** Games without events, too: a user may have been hidden or erased. */
const lookAtAllEveryMs = 60_000;
/** A period is over for everyone when the slowest clock says so. */
const clockGraceMs = 2_000;
const rowsTold = 10;

type Games = ReadonlyMap<string, GameDefinition>;

/**
 * Looks who stands first in the games that have events, and which periods have ended. What is told depends on what was told
 * last (`webhook_marks`), and whoever looks holds that row: so workers and shards take turns, and each change is told once.
 */
export class BoardWatch {
  readonly #context: WatchContext;
  readonly #stopping = new AbortController();
  readonly #touched = new Set<string>();
  /** Periods that need no look, to spare a transaction a second. */
  readonly #told = new Map<string, string>();
  #allLookedAtMs = Number.NEGATIVE_INFINITY;
  #finished: Promise<void> = Promise.resolve();

  constructor(context: WatchContext) {
    this.#context = context;
  }

  /** There were events of these games. */
  touch(games: ReadonlySet<string>): void {
    for (const game of games) this.#touched.add(game);
  }

  start(): void {
    this.#finished = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#finished;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (; !signal.aborted; await pause(lookEveryMs, signal)) {
      await this.look(Date.now()).catch((error: Error) =>
        this.#context.logger.warn({ err: error.message }, 'boards are not looked at for webhooks'),
      );
    }
  }

  /** @throws whatever Redis or Postgres says; what was not looked at is looked at the next time */
  async look(nowMs: number): Promise<void> {
    const { store } = this.#context;
    const isAllDue = nowMs - this.#allLookedAtMs >= lookAtAllEveryMs;
    if (isAllDue) await store.pool.query(store.pool.prepared(forgetLeaders));
    const webhooks = await store.list();
    const isWanted = webhooks.some(
      ({ kinds }) => kinds.includes('new_leader') || kinds.includes('period_ended'),
    );
    if (!isWanted) {
      this.#touched.clear();
      return;
    }
    const games = await this.#games();
    const touched = isAllDue ? [...games.keys()] : [...this.#touched];
    for (const game of touched) await this.#lookAtLeader(game, games, webhooks);
    if (isAllDue) this.#allLookedAtMs = nowMs;
    for (const [game, definition] of games) {
      for (const window of definition.windows.filter(isCalendar))
        await this.#lookAtPeriods(game, definition, window, webhooks, nowMs);
    }
  }

  async #games(): Promise<Games> {
    const { rows } = await this.#context.store.pool.query<{ game: string; definition: string }>(gamesFrom(0));
    const stored = rows.map(({ game, definition }): [string, GameDefinition] => [
      game,
      { ...defaultDefinition, ...(JSON.parse(definition) as GameDefinition) },
    ]);
    return new Map([[defaultGame, defaultDefinition], ...stored]);
  }

  async #lookAtLeader(game: string, games: Games, webhooks: readonly WebhookRow[]): Promise<void> {
    const { places } = this.#context;
    const listeners = webhooks.filter((webhook) => wants(webhook, 'new_leader', game));
    const definition = games.get(game);
    // A game whose definition waits to be stored is looked at later.
    if (listeners.length > 0 && !definition) return;
    this.#touched.delete(game);
    if (listeners.length === 0 || !definition) return;
    try {
      await this.#marked(game, 'leader', async (query, mark) => {
        const [leader] = (await places.read(game, definition.order, undefined, 1)).rows;
        const previous = mark === '' ? null : (JSON.parse(mark) as Standing);
        if (leader?.user_id === previous?.user_id) return undefined;
        if (leader) {
          const seen = { game, region: everyone, seen_at: new Date().toISOString() };
          await this.#queue(query, listeners, { kind: 'new_leader', ...seen, leader, previous });
        }
        return leader ? JSON.stringify(leader) : '';
      });
    } catch (error) {
      this.#touched.add(game);
      throw error;
    }
  }

  async #lookAtPeriods(
    game: string,
    definition: GameDefinition,
    window: CalendarWindow,
    webhooks: readonly WebhookRow[],
    nowMs: number,
  ): Promise<void> {
    const { retainPeriods, places } = this.#context;
    const { timezone, order } = definition;
    const listeners = webhooks.filter((webhook) => wants(webhook, 'period_ended', game));
    const oldest = listeners.reduce((least, { created_at }) => Math.min(least, created_at.getTime()), nowMs);
    const current = periodAt(window, timezone, nowMs - clockGraceMs);
    const key = `${game} ${window}`;
    if (current.startsAtMs <= oldest || this.#told.get(key) === current.name) return;

    const ended: Period[] = [];
    let period = periodAt(window, timezone, current.startsAtMs - 1);
    while (ended.length < retainPeriods && period.endsAtMs > oldest) {
      ended.unshift(period);
      period = periodAt(window, timezone, period.startsAtMs - 1);
    }
    await this.#marked(game, window, async (query, mark) => {
      // Names sort as their periods do.
      for (const { name, startsAtMs, endsAtMs } of ended.filter((one) => one.name > mark)) {
        const { total, rows } = await places.read(game, order, name, rowsTold);
        const told = listeners.filter(({ created_at }) => created_at.getTime() < endsAtMs);
        await this.#queue(query, told, {
          kind: 'period_ended',
          game,
          region: everyone,
          seen_at: new Date().toISOString(),
          window,
          period: name,
          starts_at: new Date(startsAtMs).toISOString(),
          ends_at: new Date(endsAtMs).toISOString(),
          total,
          rows: rows.map((row, at) => ({ rank: at + 1, ...row })),
        });
      }
      const last = ended.at(-1)?.name ?? '';
      return last > mark ? last : undefined;
    });
    this.#told.set(key, current.name);
  }

  /** Runs with the mark locked; what the work returns is the next one, undefined = the same. */
  async #marked(
    game: string,
    subject: string,
    work: (query: Query, mark: string) => Promise<string | undefined>,
  ): Promise<void> {
    const { store, onQueued } = this.#context;
    const hasChanged = await inTransaction(store.pool, async (query) => {
      await query(openMark, [game, subject]);
      const [row] = await query<{ mark: string }>(lockMark, [game, subject]);
      const next = await work(query, row?.mark ?? '');
      if (next !== undefined) await query(setMark, [game, subject, next]);
      return next !== undefined;
    });
    if (hasChanged) onQueued();
  }

  async #queue(query: Query, listeners: readonly WebhookRow[], content: Content): Promise<void> {
    const deliveries = listeners.map((webhook) => ({ id: `msg_${randomUUID()}`, webhook, content }));
    await this.#context.store.queueIn(query, deliveries);
  }
}
