import type { App } from '@leaderboard/shared/http/app';
import {
  batchPath,
  batchType,
  FrameDecoder,
  type Framed,
  FrameError,
  isRequestHead,
  type RequestHead,
} from '@leaderboard/shared/http/batch-frame';
import { Problem } from '@leaderboard/shared/http/problems';
import { BatchAnswers } from './batch-answers.js';
import { BatchedRequest } from './batched-request.js';
import { BatchedResponse } from './batched-response.js';

const limitBytes = 8 * 1024 * 1024;

/**
 * Many requests of a gateway in one (shared/src/http/batch-frame.ts). Each goes through the app as if it had come by itself:
 * the same route, token check, validation, limits, errors, metrics and log line. So this gives no rights that the routes do not.
 */
export function postBatch(app: App): void {
  app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    const options = { parseAs: 'buffer', bodyLimit: limitBytes } as const;
    scope.addContentTypeParser<Buffer>(batchType, options, async (_request: unknown, body: Buffer) => body);
    scope.post(batchPath, { bodyLimit: limitBytes, logLevel: 'warn' }, (request, reply) => {
      if (request.raw instanceof BatchedRequest) throw new Problem('not_found', 'A batch holds no batch');
      const requests = readRequests(request.body as Buffer);
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': batchType });
      const answers = new BatchAnswers(reply.raw, requests.length);
      for (const [at, one] of requests.entries()) {
        const response = new BatchedResponse((status, headers, body) =>
          answers.add(at, status, headers, body),
        );
        app.routing(new BatchedRequest(one, request.raw.socket).asIncoming(), response.asServerResponse());
      }
      return reply;
    });
    done();
  });
}

function readRequests(body: Buffer | undefined): Framed<RequestHead>[] {
  const decoder = new FrameDecoder(isRequestHead, limitBytes);
  try {
    const requests = decoder.push(body ?? Buffer.alloc(0));
    if (requests.length > 0 && decoder.atBoundary) return requests;
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    throw new Problem('malformed_body', error.message);
  }
  throw new Problem('malformed_body', 'The body is no batch of requests');
}
