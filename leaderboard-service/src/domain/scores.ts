import { createHash, randomUUID } from 'node:crypto';
import type { WriteAnswer } from '@leaderboard/shared/contracts/scores';
import { unauthorized } from '@leaderboard/shared/http/auth';
import { Problem } from '@leaderboard/shared/http/problems';
import { memberOf, sortKeyOf } from '@leaderboard/shared/scoring/place';
import { isoFromUs } from '@leaderboard/shared/scoring/time';
import type { Operation } from '@leaderboard/shared/scripting/write-scores';
import { RedisOutcomeUnknown } from '@leaderboard/shared/topology/redis';
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
import type { Subject } from './subject.js';
import type { WrittenGames } from './written-games.js';

/** Which request a write came with. */
export interface RequestOrigin {
  readonly requestId: string;
  /** W3C; of a request that belongs to a trace. */
  readonly traceparent?: string | undefined;
}

/** What a route asks for; `score` is whatever the game's operator is. */
export interface ScoreCommand extends RequestOrigin {
  readonly action: 'score' | 'set' | 'add' | 'create' | 'remove';
  readonly subject: Subject;
  readonly game: string | undefined;
  readonly value: number | undefined;
  readonly idempotencyKey: string | undefined;
  /** When it happened, if not now. */
  readonly happenedAtMs?: number | undefined;
  /** The admin who asks for a removal. */
  readonly actor?: string;
}

export interface ScoreOutcome {
  readonly answer: WriteAnswer;
  readonly replayed: boolean;
  readonly created: boolean;
}

/** Told the outcome of every write: `applied`, `replayed`, `exists`, a problem's code, or `failed`. */
export type WriteCounter = (operation: Operation, outcome: string) => void;

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
  async check({ action, game, value }: Pick<ScoreCommand, 'action' | 'game' | 'value'>): Promise<void> {
    const rules = await this.#games.rulesOf(game);
    const { leastScore, greatestScore } = rules;
    if (value === undefined || operationOf(action, rules) === 'incr') return;
    if (value >= leastScore && value <= greatestScore) return;
    throw new Problem('score_out_of_range', `The score must lie between ${leastScore} and ${greatestScore}`);
  }

  /** @throws {Problem} unknown_game and whatever the write script refuses */
  async apply(command: ScoreCommand): Promise<ScoreOutcome> {
    const { rules, subject, written } = await this.#writeForSubject(command);
    return {
      answer: await this.#answerTo(rules, subject, written),
      replayed: written.outcome === 'replayed',
      created: command.action === 'create' && written.outcome !== 'exists',
    };
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
      const written = await this.#send(rules, command, operation, clockMs);
      this.#count(operation, written.outcome);
      return written;
    } catch (error) {
      this.#count(operation, outcomeOf(error));
      throw error;
    }
  }

  #send(
    rules: GameRules,
    command: ScoreCommand,
    operation: Operation,
    clockMs: number | undefined,
  ): Promise<AppliedWrite> {
    const { subject, value, idempotencyKey, happenedAtMs } = command;
    return this.#writer.write(this.#shards.home(subject.region, subject.userId), {
      eventId: idempotencyKey ?? randomUUID(),
      userId: subject.userId,
      name: subject.name,
      newName: subject.newName,
      game: this.#writtenGames.of(rules, happenedAtMs ?? clockMs),
      operation,
      value,
      limited: subject.limited,
      idempotency:
        idempotencyKey === undefined
          ? undefined
          : {
              key: idempotencyKey,
              requestHash: hashOf([operation, rules.game, value, subject.name, happenedAtMs]),
            },
      requestId: command.requestId,
      traceparent: command.traceparent,
      happenedAtMs,
      accountVersion: subject.accountVersion,
      actor: command.actor,
    });
  }

  /** The write stands by now: whatever goes wrong with its rank must not look like a refusal. */
  async #answerTo(rules: GameRules, subject: Subject, written: AppliedWrite): Promise<WriteAnswer> {
    try {
      return await this.#answer(rules, subject, written);
    } catch (error) {
      throw new RedisOutcomeUnknown(`rank of an applied write: ${String(error)}`);
    }
  }

  async #answer(rules: GameRules, subject: Subject, written: AppliedWrite): Promise<WriteAnswer> {
    const score = written.score ?? 0;
    const place = {
      sortKey: sortKeyOf(score, rules.order),
      member: memberOf(subject.userId, written.reachedAtUs),
    };
    const home = this.#shards.home(subject.region, subject.userId);
    const before = await this.#rankings.countBefore(subject.region, rules, place, home);
    return {
      user_id: subject.userId,
      name: written.name,
      region: subject.region,
      game: rules.game,
      score,
      previous_score: written.previousScore,
      rank: (written.rank ?? 1) + before,
      best: written.changed,
      updated_at: isoFromUs(written.reachedAtUs),
    };
  }
}

/** What was written, for whom, and the rules that it was written under. */
interface Written {
  readonly rules: GameRules;
  readonly subject: Subject;
  readonly written: AppliedWrite;
}

function outcomeOf(error: unknown): string {
  if (error instanceof Problem) return error.code;
  if (error instanceof RulesChanged) return 'rules_changed';
  if (error instanceof PeriodsMissing) return 'periods_missing';
  return error instanceof UserErased ? 'user_erased' : 'failed';
}

function beingChanged(game: string): Problem {
  return new Problem('store_unavailable', `"${game}" is being changed; nothing was applied`, {
    retryAfterSeconds: 1,
  });
}

function operationOf(action: ScoreCommand['action'], rules: GameRules): Operation {
  switch (action) {
    case 'score':
      return rules.operator;
    case 'add':
      return 'incr';
    default:
      return action;
  }
}

/** 132 bits of SHA-256: enough to tell two requests apart. */
function hashOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}
