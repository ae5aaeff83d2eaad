import { defaultDefinition, type GameDefinition, type Operator } from '@leaderboard/shared/contracts/games';
import { Problem } from '@leaderboard/shared/http/problems';
import { maxScore, type Order } from '@leaderboard/shared/scoring/place';
import { rulesWord } from '@leaderboard/shared/scoring/rules';
import { defaultGame, overallGame } from '@leaderboard/shared/topology/keys';
import { LRUCache } from 'lru-cache';
import type { GameStore } from '../store/game-store.js';

/** How a game treats its scores. */
export interface GameRules {
  readonly game: string;
  readonly operator: Operator;
  readonly order: Order;
  /** What cannot change any more, in one word, as shards pin it. */
  readonly rules: string;
  readonly leastScore: number;
  readonly greatestScore: number;
  readonly greatestDelta: number;
  readonly definition: GameDefinition;
}

/** Every instance sees a change after this long at the latest. */
const maxAgeMs = 1_000;
const rememberedGames = 20_000;

interface Known {
  /** Undefined: there is no such game. */
  rules: GameRules | undefined;
  loadedAtMs: number;
  loading: Promise<GameRules | undefined> | undefined;
}

/**
 * The games as this instance knows them: read when they are asked for, at most once a second each. That one may be
 * known as it was a moment ago is harmless, because shards refuse writes under rules that are not theirs.
 */
export class Games {
  readonly #store: GameStore;
  readonly #known = new LRUCache<string, Known>({ max: rememberedGames });

  constructor(store: GameStore) {
    this.#store = store;
  }

  /** @throws {Problem} unknown_game */
  async rulesOf(game: string = defaultGame): Promise<GameRules> {
    if (game === overallGame) return overallRules;
    const known = this.#known.get(game);
    const isFresh = known !== undefined && performance.now() - known.loadedAtMs < maxAgeMs;
    const rules = isFresh ? known.rules : await this.#load(game, known);
    if (!rules) throw new Problem('unknown_game', `There is no game "${game}"`);
    return rules;
  }

  /** The next read asks the store. */
  forget(game: string): void {
    const known = this.#known.get(game);
    // A new object, so that a read that is under way does not make it fresh again.
    if (known)
      this.#known.set(game, { rules: known.rules, loadedAtMs: Number.NEGATIVE_INFINITY, loading: undefined });
  }

  /** One read for all who wait. While the shard of the games is away, what was known before goes on to count. */
  async #load(game: string, before: Known | undefined): Promise<GameRules | undefined> {
    const known = before ?? { rules: undefined, loadedAtMs: Number.NEGATIVE_INFINITY, loading: undefined };
    if (!before) this.#known.set(game, known);
    const startedAtMs = performance.now();
    known.loading ??= this.#store
      .find(game)
      .then((definition) => {
        known.rules = rulesFrom(game, definition);
        known.loadedAtMs = startedAtMs;
        return known.rules;
      })
      .finally(() => {
        known.loading = undefined;
      });
    try {
      return await known.loading;
    } catch (error) {
      if (!known.rules) throw error;
      return known.rules;
    }
  }
}

/** Nobody writes to the overall board; it is read like a game without windows. */
const overallRules = completeRules(overallGame, defaultDefinition);

/** The default game exists before anybody defines it. */
function rulesFrom(game: string, stored: GameDefinition | undefined): GameRules | undefined {
  const definition = stored ?? (game === defaultGame ? defaultDefinition : undefined);
  return definition && completeRules(game, definition);
}

function completeRules(game: string, definition: GameDefinition): GameRules {
  const { operator, order } = definition;
  return {
    game,
    operator,
    order,
    rules: rulesWord(operator, order, definition.overall),
    leastScore: definition.min_score ?? -maxScore,
    greatestScore: definition.max_score ?? maxScore,
    greatestDelta: definition.max_delta ?? Number.MAX_SAFE_INTEGER,
    definition,
  };
}
