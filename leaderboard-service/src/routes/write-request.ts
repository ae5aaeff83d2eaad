import { IdempotencyKey } from '@leaderboard/shared/contracts/fields';
import { callerOf } from '@leaderboard/shared/http/guards';
import { traceparentOf } from '@leaderboard/shared/tracing/trace-context';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { RequestOrigin, ScoreCommand, ScoreOutcome } from '../domain/score-command.js';
import type { NamedSubject } from '../domain/subject.js';
import type { Services } from '../services.js';

/** What the score routes share: the key in the header, and applying a body for whoever may write it. */

export const WriteHeaders = Type.Object({ 'idempotency-key': Type.Optional(IdempotencyKey) });

/** What is kept with a write of where it came from. */
export const originOf = (request: FastifyRequest): RequestOrigin => ({
  requestId: request.id,
  traceparent: traceparentOf(request.headers),
});

export async function applyScore(
  services: Services,
  request: FastifyRequest,
  reply: FastifyReply,
  body: NamedSubject & { game?: string },
  change: Pick<ScoreCommand, 'action' | 'value'>,
): Promise<ScoreOutcome> {
  await services.scores.check({ ...change, game: body.game });
  const outcome = await services.scores.apply({
    ...change,
    subject: await services.subjects.resolve(callerOf(request), body),
    game: body.game,
    idempotencyKey: request.headers['idempotency-key'] as string | undefined,
    ...originOf(request),
  });
  if (outcome.replayed) reply.header('idempotency-replayed', 'true');
  return outcome;
}
