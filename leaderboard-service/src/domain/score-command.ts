import { hash, randomUUID } from 'node:crypto';
import type { WriteAnswer } from '@leaderboard/shared/contracts/scores';
import { Problem } from '@leaderboard/shared/http/problems';
import { memberOf, type Place, sortKeyOf } from '@leaderboard/shared/scoring/place';
import { isoFromUs } from '@leaderboard/shared/scoring/time';
import type { Operation, ScoreWrite, WrittenGame } from '@leaderboard/shared/scripting/write-scores';
import { RedisOutcomeUnknown } from '@leaderboard/shared/topology/redis';
import { type AppliedWrite, PeriodsMissing, RulesChanged, UserErased } from '../store/score-writer.js';
import type { GameRules } from './games.js';
import type { Subject } from './subject.js';

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

/** Told the outcomes of writes: `applied`, `replayed`, `exists`, a problem's code, or `failed`; and of how many. */
export type WriteCounter = (operation: Operation, outcome: string, writes: number) => void;

export function operationOf(action: ScoreCommand['action'], rules: GameRules): Operation {
  switch (action) {
    case 'score':
      return rules.operator;
    case 'add':
      return 'incr';
    default:
      return action;
  }
}

/** @throws {Problem} score_out_of_range, where the game alone can tell */
export function checkRange(
  rules: GameRules,
  { action, value }: Pick<ScoreCommand, 'action' | 'value'>,
): void {
  const { leastScore, greatestScore } = rules;
  if (value === undefined || operationOf(action, rules) === 'incr') return;
  if (value >= leastScore && value <= greatestScore) return;
  throw new Problem('score_out_of_range', `The score must lie between ${leastScore} and ${greatestScore}`);
}

export function toWrite(command: ScoreCommand, operation: Operation, game: WrittenGame): ScoreWrite {
  const { subject, value, idempotencyKey: key, happenedAtMs } = command;
  return {
    eventId: key ?? randomUUID(),
    userId: subject.userId,
    name: subject.name,
    newName: subject.newName,
    game,
    operation,
    value,
    limited: subject.limited,
    idempotency: key === undefined ? undefined : { key, requestHash: requestHash(command, operation, game) },
    requestId: command.requestId,
    traceparent: command.traceparent,
    happenedAtMs,
    accountVersion: subject.accountVersion,
    actor: command.actor,
  };
}

/** @param before entries that stand before this one in other shards of its region */
export function toOutcome(
  command: ScoreCommand,
  rules: GameRules,
  written: AppliedWrite,
  before: number,
): ScoreOutcome {
  const { subject, action } = command;
  return {
    answer: {
      user_id: subject.userId,
      name: written.name,
      region: subject.region,
      game: rules.game,
      score: written.score ?? 0,
      previous_score: written.previousScore,
      rank: (written.rank ?? 1) + before,
      best: written.changed,
      updated_at: isoFromUs(written.reachedAtUs),
    },
    replayed: written.outcome === 'replayed',
    created: action === 'create' && written.outcome !== 'exists',
  };
}

/** Where the entry stands after its write. */
export function placeOf(subject: Subject, rules: GameRules, written: AppliedWrite): Place {
  return {
    sortKey: sortKeyOf(written.score ?? 0, rules.order),
    member: memberOf(subject.userId, written.reachedAtUs),
  };
}

/** The write stands by now: whatever goes wrong with its rank must not look like a refusal. */
export function rankUnknown(error: unknown): never {
  throw new RedisOutcomeUnknown(`rank of an applied write: ${String(error)}`);
}

/** As a WriteCounter is told. */
export function outcomeOf(error: unknown): string {
  if (error instanceof Problem) return error.code;
  if (error instanceof RulesChanged) return 'rules_changed';
  if (error instanceof PeriodsMissing) return 'periods_missing';
  return error instanceof UserErased ? 'user_erased' : 'failed';
}

/** What makes two requests with one key the same. 132 bits of SHA-256: enough to tell two apart. */
function requestHash(command: ScoreCommand, operation: Operation, game: WrittenGame): string {
  const { subject, value = '', happenedAtMs = '' } = command;
  // Only the name may have spaces.
  const name = subject.name === undefined ? '' : ` ${subject.name}`;
  return hash('sha256', `${operation} ${game.game} ${value} ${happenedAtMs}${name}`, 'base64url').slice(
    0,
    22,
  );
}
