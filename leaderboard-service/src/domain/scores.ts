import { unauthorized } from '@leaderboard/shared/http/auth';
import { Problem } from '@leaderboard/shared/http/problems';
import type { ShardMap } from '@leaderboard/shared/topology/shards';
import {
  type AppliedWrite,
  PeriodsMissing,
  RulesChanged,
  type ScoreWriter,
  UserErased,
} from '../store/score-writer.js';
import type { GameCatalogue } from './game-catalogue.js';
import type { GameRules, Games } from './games.js';
import type { Rankings } from './rankings.js';
import {
  checkRange,
  operationOf,
  outcomeOf,
  placeOf,
  rankUnknown,
  type ScoreCommand,
  type ScoreOutcome,
  toOutcome,
  toWrite,
  type WriteCounter,
} from './score-command.js';
import type { Subject } from './subject.js';
import type { WrittenGames } from './written-games.js';

/** Score writes: rules of the game, one write to the home shard, the rank in the home region. */
export class Scores {
  readonly #writer: ScoreWriter;
  readonly #rankings: Rankings;
  readonly #games: Games;
  readonly #writtenGames: WrittenGames;
  readonly #catalogue: GameCatalogue;
  readonly #shards: ShardMap;
  readonly #count: WriteCounter;

  constructor(
    writer: ScoreWriter,
    rankings: Rankings,
    games: Games,
    writtenGames: WrittenGames,
    catalogue: GameCatalogue,
    shards: ShardMap,
    count: WriteCounter,
  ) {
    this.#writer = writer;
    this.#rankings = rankings;
    this.#games = games;
    this.#writtenGames = writtenGames;
    this.#catalogue = catalogue;
    this.#shards = shards;
    this.#count = count;
  }

  /**
   * What can be refused by the game alone, before a home is claimed for its user.
   * @throws {Problem} unknown_game, score_out_of_range
   */
  async check({ game, ...command }: Pick<ScoreCommand, 'action' | 'game' | 'value'>): Promise<void> {
    checkRange(await this.#games.rulesOf(game), command);
  }

  /** @throws {Problem} unknown_game and whatever the write script refuses */
  async apply(command: ScoreCommand): Promise<ScoreOutcome> {
    const { rules, subject, written } = await this.#writeForSubject(command);
    const before = await this.#countElsewhere(rules, subject, written);
    return toOutcome({ ...command, subject }, rules, written, before);
  }

  /** @throws {Problem} unknown_game, not_ranked */
  async remove(command: Omit<ScoreCommand, 'action' | 'value'>): Promise<void> {
    await this.#write({ ...command, action: 'remove', value: undefined });
  }

  /** Where an account was erased, a game server's score is for whoever has the id now. */
  async #writeForSubject(command: ScoreCommand): Promise<Written> {
    const { renew } = command.subject;
    try {
      return await this.#write(command);
    } catch (error) {
      if (!(error instanceof UserErased)) throw error;
      if (!renew) throw unauthorized('The account of this token was erased');
    }
    try {
      return await this.#write({ ...command, subject: await renew() });
    } catch (error) {
      if (!(error instanceof UserErased)) throw error;
      throw new Problem('user_erased', `"${command.subject.userId}" was erased after this had happened`);
    }
  }

  /** What this instance did not know of the game is asked for: other rules, or that Redis' clock is elsewhere. */
  async #write(command: ScoreCommand): Promise<Written> {
    const { game, subject } = command;
    let rules = await this.#games.rulesOf(game);
    let clockMs: number | undefined;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return { rules, subject, written: await this.#writeUnder(rules, command, clockMs) };
      } catch (error) {
        if (error instanceof PeriodsMissing) clockMs = error.happenedAtMs;
        else if (!(error instanceof RulesChanged)) throw error;
        if (attempt === 3) throw beingChanged(rules.game);
      }
      if (attempt === 1) this.#games.forget(rules.game);
      else await this.#catalogue.settle(rules.game, this.#shards.home(subject.region, subject.userId));
      rules = await this.#games.rulesOf(game);
    }
  }

  async #writeUnder(
    rules: GameRules,
    command: ScoreCommand,
    clockMs: number | undefined,
  ): Promise<AppliedWrite> {
    const operation = operationOf(command.action, rules);
    try {
      const { subject, happenedAtMs } = command;
      const game = this.#writtenGames.of(rules, happenedAtMs ?? clockMs);
      const shard = this.#shards.home(subject.region, subject.userId);
      const written = await this.#writer.write(shard, toWrite(command, operation, game));
      this.#count(operation, written.outcome, 1);
      return written;
    } catch (error) {
      this.#count(operation, outcomeOf(error), 1);
      throw error;
    }
  }

  async #countElsewhere(rules: GameRules, subject: Subject, written: AppliedWrite): Promise<number> {
    const home = this.#shards.home(subject.region, subject.userId);
    const [before = 0] = await this.#rankings
      .countBefore(subject.region, rules, () => [placeOf(subject, rules, written)], home)
      .catch(rankUnknown);
    return before;
  }
}

/** What was written, for whom, and the rules that it was written under. */
interface Written {
  readonly rules: GameRules;
  readonly subject: Subject;
  readonly written: AppliedWrite;
}

function beingChanged(game: string): Problem {
  return new Problem('store_unavailable', `"${game}" is being changed; nothing was applied`, {
    retryAfterSeconds: 1,
  });
}
