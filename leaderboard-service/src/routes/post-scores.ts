import { isUtf8 } from 'node:buffer';
import { BulkAnswer, bulkLimitBytes, bulkMaxEvents, isBulkBody } from '@leaderboard/shared/contracts/bulk';
import { refuseCompressed, replaceInexactNumbers } from '@leaderboard/shared/http/json-body';
import { Problem } from '@leaderboard/shared/http/problems';
import type { FastifyRequest } from 'fastify';
import type { ReceivedEvent } from '../domain/bulk.js';
import type { RegisterRoute } from './route.js';
import { originOf } from './write-request.js';

/**
 * Many events at once, for game servers: `{"events":[…]}`, or one event a line. What is wrong with one event is
 * told in its result; only a body that is no list of 1–1000 events is refused as a whole.
 */
export const postScores: RegisterRoute = (app, { services, guard }) => {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    const options = { parseAs: 'buffer', bodyLimit: bulkLimitBytes } as const;
    scope.addContentTypeParser<Buffer>('application/json', options, parserOf(readEvents));
    scope.addContentTypeParser<Buffer>('application/x-ndjson', options, parserOf(readLines));
    scope.post(
      '/scores',
      {
        onRequest: guard.servers,
        bodyLimit: bulkLimitBytes,
        schema: { response: { 200: BulkAnswer } },
        // The compiled serializer would try each result against both of its kinds.
        serializerCompiler: () => JSON.stringify,
      },
      async (request) => ({
        results: await services.bulk.apply((request.body ?? []) as ReceivedEvent[], originOf(request)),
      }),
    );
  });
};

const parserOf =
  (read: (body: Buffer) => ReceivedEvent[]) =>
  async (request: FastifyRequest, body: Buffer): Promise<ReceivedEvent[]> => {
    refuseCompressed(request);
    return read(body);
  };

function readEvents(body: Buffer): ReceivedEvent[] {
  const parsed = parse(textOf(body));
  if (parsed === undefined) throw new Problem('malformed_body', 'The body is not JSON');
  const { value } = parsed;
  if (!isBulkBody(value)) {
    throw new Problem('invalid_request', `The body must be {"events":[…]} with 1–${bulkMaxEvents} events`);
  }
  return value.events.map((event) => ({ value: event }));
}

function readLines(body: Buffer): ReceivedEvent[] {
  const lines = textOf(body)
    .split('\n')
    .filter((line) => line.trim() !== '');
  if (lines.length < 1 || lines.length > bulkMaxEvents) {
    throw new Problem('invalid_request', `The body must have 1–${bulkMaxEvents} lines`);
  }
  return lines.map((line) => parse(line) ?? { unreadable: 'This line is not JSON' });
}

function textOf(body: Buffer): string {
  if (!isUtf8(body)) throw new Problem('malformed_body', 'The body is not UTF-8');
  return body.toString();
}

/** A number that would be rounded becomes null, which no event takes: its neighbours must not suffer. */
function parse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(replaceInexactNumbers(text)) };
  } catch {
    return undefined;
  }
}
