import { setTimeout as sleep } from 'node:timers/promises';
import {
  defaultDefinition,
  type GameAnswer,
  type GameDefinition,
  type PutGameBody,
} from '@leaderboard/shared/contracts/games';
import { Problem } from '@leaderboard/shared/http/problems';
import { isTimezone } from '@leaderboard/shared/scoring/periods';
import { rulesWord } from '@leaderboard/shared/scoring/rules';
import { defaultGame } from '@leaderboard/shared/topology/keys';
import type { Shard, ShardMap } from '@leaderboard/shared/topology/shards';
import type { AdminAct, GameStore, StoredGame } from '../store/game-store.js';
import type { Games } from './games.js';

const leaseAttempts = 40;
const leasePauseMs = 50;

/**
 * Looks up, lists and changes games.
 *
 * Its rules (operator, order, overall) may change only while there are no scores, and a service may still know the game as it was: so
 * first every shard pins the new rules, which it does only while its board is empty and after which it refuses writes
 * under the old ones; then the definition changes. Whoever changes a game holds its lease, so there is one at a time;
 * what one that died in between has pinned is put right by `settle`.
 */
export class GameCatalogue {
  readonly #store: GameStore;
  readonly #games: Games;
  readonly #shards: ShardMap;

  constructor(store: GameStore, games: Games, shards: ShardMap) {
    this.#store = store;
    this.#games = games;
    this.#shards = shards;
  }

  /** @throws {Problem} unknown_game */
  async get(game: string): Promise<GameAnswer> {
    this.#games.forget(game);
    return { game, ...(await this.#games.rulesOf(game)).definition };
  }

  /** In the order of their names. */
  async list(limit: number, after: string = ''): Promise<{ games: GameAnswer[]; next_cursor?: string }> {
    const stored = withDefault(await this.#store.list(limit + 1, after), after, limit + 1);
    const games = stored.slice(0, limit).map(({ game, definition }) => ({ game, ...definition }));
    const last = games.at(-1);
    return { games, ...(stored.length > limit && last && { next_cursor: last.game }) };
  }

  /**
   * Makes or replaces a game.
   * @throws {Problem} invalid_request, game_in_use, queue_full, store_unavailable
   */
  async put(game: string, body: PutGameBody, act: AdminAct): Promise<GameAnswer> {
    const definition = complete(body);
    await this.#leased(game, async (token) => {
      const stored = await this.#store.find(game);
      const before = stored ?? (game === defaultGame ? defaultDefinition : undefined);
      const rules = wordOf(definition);
      const rulesBefore = before && wordOf(before);
      if (rules !== rulesBefore) await this.#pinEverywhere(game, rules, rulesBefore);
      await this.#store.put(game, definition, token, act);
    });
    this.#games.forget(game);
    return { game, ...definition };
  }

  /** Pins the rules that the game has now, after a write met others that nobody has scores under. */
  async settle(game: string, shard: Shard): Promise<void> {
    await this.#leased(game, async (token) => {
      const stored = (await this.#store.find(game)) ?? (game === defaultGame ? defaultDefinition : undefined);
      if (stored) await this.#store.pin(shard, game, wordOf(stored), false);
      await this.#store.release(game, token);
    });
    this.#games.forget(game);
  }

  async #pinEverywhere(game: string, rules: string, rulesBefore: string | undefined): Promise<void> {
    const pinned: Shard[] = [];
    try {
      for (const shard of this.#shards.shards) {
        if (!(await this.#store.pin(shard, game, rules, rulesBefore === undefined))) {
          throw new Problem(
            'game_in_use',
            `"${game}" has scores: its operator, order and overall cannot change any more`,
          );
        }
        pinned.push(shard);
      }
    } catch (error) {
      if (rulesBefore !== undefined) {
        await Promise.allSettled(pinned.map((shard) => this.#store.pin(shard, game, rulesBefore, false)));
      }
      throw error;
    }
  }

  async #leased(game: string, work: (token: string) => Promise<void>): Promise<void> {
    const token = await this.#lease(game);
    try {
      await work(token);
    } catch (error) {
      // Without this the next change would wait for the end of the lease.
      await this.#store.release(game, token).catch(() => {});
      throw error;
    }
  }

  async #lease(game: string): Promise<string> {
    for (let attempt = 1; attempt <= leaseAttempts; attempt += 1) {
      const token = await this.#store.lease(game);
      if (token !== undefined) return token;
      await sleep(leasePauseMs);
    }
    throw new Problem('store_unavailable', `"${game}" is being changed by somebody else`, {
      retryAfterSeconds: 1,
    });
  }
}

/** The default game stands in the list before anybody has defined it. */
function withDefault(stored: StoredGame[], after: string, limit: number): StoredGame[] {
  const at = stored.findIndex(({ game }) => game >= defaultGame);
  const isListed = at >= 0 && stored[at]?.game === defaultGame;
  if (isListed || after >= defaultGame || (at < 0 && stored.length === limit)) return stored;
  return stored.toSpliced(at < 0 ? stored.length : at, 0, {
    game: defaultGame,
    definition: defaultDefinition,
  });
}

const wordOf = ({ operator, order, overall }: GameDefinition) => rulesWord(operator, order, overall);

/** @throws {Problem} invalid_request for bounds that exclude every score, or a time zone that nobody knows */
function complete(body: PutGameBody): GameDefinition {
  const definition: GameDefinition = { ...defaultDefinition, ...body };
  const { min_score: least, max_score: greatest } = definition;
  if (least !== undefined && greatest !== undefined && least > greatest) {
    throw invalid('body/min_score', 'must not be above max_score');
  }
  if (!isTimezone(definition.timezone)) throw invalid('body/timezone', 'is no IANA time zone');
  return definition;
}

function invalid(path: string, message: string): Problem {
  return new Problem('invalid_request', `${path} ${message}`, { errors: [{ path, message }] });
}
