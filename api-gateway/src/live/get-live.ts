import type { OutgoingHttpHeaders } from 'node:http';
import { LiveQuery } from '@leaderboard/shared/contracts/live';
import type { App } from '@leaderboard/shared/http/app';
import { authenticate } from '../plugins/authenticate.js';
import { EventStream } from './event-stream.js';
import type { LiveParts } from './live-parts.js';
import { boardOf } from './watched-board.js';

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
};

/** A board as Server-Sent Events. Whatever is refused is refused before the stream begins. */
export function getLive(app: App, { config, auth, limits, connections, hub, metrics }: LiveParts): void {
  const readsRequireToken = config.READS_REQUIRE_TOKEN;
  app.get(
    '/live',
    {
      exposeHeadRoute: false,
      onRequest: [...limits.hooks(false), authenticate(auth, 'reads', readsRequireToken)],
      schema: { querystring: LiveQuery },
    },
    async (request, reply) => {
      const { raw } = reply;
      raw.once('close', connections.admit('sse', request.ip));
      const seat = await hub.join(boardOf(request.query));
      reply.hijack();
      if (raw.destroyed) return seat.leave();

      raw.writeHead(200, { ...reply.headers(streamHeaders).getHeaders() } as OutgoingHttpHeaders);
      const stream = new EventStream(raw, {
        userId: request.query.user_id,
        bufferBytes: config.LIVE_BUFFER_BYTES,
        metrics,
        mayRead: () => !readsRequireToken || isValid(() => auth.require(request)),
      });
      connections.add(stream);
      seat.start(stream, request.headers['last-event-id'] as string | undefined);
      raw.once('close', () => {
        seat.leave();
        connections.remove(stream);
        request.log.info({ ip: request.ip, ms: Math.round(reply.elapsedTime) }, 'stream ended');
      });
    },
  );
}

function isValid(check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
