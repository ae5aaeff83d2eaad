import { Problem, type ProblemCode, problemBody, problemTable } from '@leaderboard/shared/http/problems';
import type { Operation } from '@leaderboard/shared/openapi/operation';
import { Type } from 'typebox';

/** RFC 9457. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What was wrong with this request' }),
    code: Type.Enum(Object.keys(problemTable), { description: 'What programs should go by' }),
    request_id: Type.String({ description: 'Names this request in all logs' }),
    errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  },
  { $id: 'Problem', description: 'A refusal (RFC 9457)' },
);

export interface Traits {
  readonly hasInput: boolean;
  readonly hasBody: boolean;
  readonly isRead: boolean;
}

/** By status: what a call can be refused with, with an example for each code. */
export function problemResponses(operation: Operation, traits: Traits): Record<string, unknown> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of new Set(codesOf(operation, traits))) {
    const [status] = problemTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].sort().map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\`: ${problemTable[code][1]}`).join('. '),
        ...((status === 429 || status === 503) && {
          headers: { 'retry-after': { type: 'integer', description: 'Seconds after which a retry may do' } },
        }),
        content: {
          'application/problem+json': {
            schema: { $ref: 'Problem#' },
            examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOfProblem(code) }])),
          },
        },
      },
    ]),
  );
}

function codesOf({ token, problems = [], servedBy }: Operation, traits: Traits): ProblemCode[] {
  if (servedBy === 'gateway' || servedBy === 'every process') return [...problems];
  const codes: ProblemCode[] = ['unauthorized', ...problems];
  if (token === 'server' || token === 'admin') codes.push('forbidden');
  if (traits.hasInput) codes.push('invalid_request');
  if (traits.hasBody) codes.push('malformed_body', 'payload_too_large', 'unsupported_media_type');
  codes.push('ip_rate_limited', 'shard_rebuilding', 'store_unavailable', 'no_upstream');
  if (traits.isRead) codes.push('bad_gateway', 'gateway_timeout');
  else codes.push('outcome_unknown');
  return codes;
}

function exampleOfProblem(code: ProblemCode) {
  const problem = new Problem(code, problemTable[code][1]);
  return problemBody(problem, '0b5b7d1e-6f5a-4c1e-9d53-7e5f7ef2a001');
}
