import { windowsText } from '@leaderboard/shared/scoring/windows';
import type { WrittenGame } from '@leaderboard/shared/scripting/write-scores';
import type { GameRules } from './games.js';

/** The script chooses the period by Redis' clock; this instance's may be off by so much before it has to ask again. */
const clockDoubtMs = 2 * 60 * 60 * 1000;
const minuteMs = 60_000;

/** Games as the write script takes them, with the periods in which a write may fall. */
export class WrittenGames {
  readonly #retainPeriods: number;
  /** Rules are replaced by new objects when they change, and what was made of the old ones goes with them. */
  readonly #known = new WeakMap<GameRules, Map<string, WrittenGame>>();

  constructor(retainPeriods: number) {
    this.#retainPeriods = retainPeriods;
  }

  /** @param happenedAtMs undefined: now, by a clock that may be wrong */
  of(rules: GameRules, happenedAtMs: number | undefined): WrittenGame {
    let games = this.#known.get(rules);
    if (!games) {
      games = new Map();
      this.#known.set(rules, games);
    }
    const { windows } = rules.definition;
    const minute = Math.floor((happenedAtMs ?? Date.now()) / minuteMs) * minuteMs;
    const key = windows.length === 0 ? '' : `${happenedAtMs === undefined ? 'now' : 'at'} ${minute}`;
    let game = games.get(key);
    if (!game) {
      game = this.#make(
        rules,
        happenedAtMs === undefined ? [-clockDoubtMs, 0, clockDoubtMs].map((ms) => minute + ms) : [minute],
      );
      games.set(key, game);
    }
    return game;
  }

  #make(rules: GameRules, timesMs: readonly number[]): WrittenGame {
    const { game, leastScore, greatestScore, greatestDelta, definition } = rules;
    const windows = windowsText({ ...definition, retainPeriods: this.#retainPeriods }, timesMs);
    return { game, rules: rules.rules, leastScore, greatestScore, greatestDelta, windows };
  }
}
