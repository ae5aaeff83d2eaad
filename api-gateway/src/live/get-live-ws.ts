import websocket from '@fastify/websocket';
import type { App } from '@leaderboard/shared/http/app';
import { Problem } from '@leaderboard/shared/http/problems';
import type { onRequestHookHandler, RouteOptions } from 'fastify';
import { authenticate } from '../plugins/authenticate.js';
import type { LiveParts } from './live-parts.js';
import { SocketSession } from './socket-session.js';
import { webSocketUpgrades } from './upgrades.js';

const path = '/live/ws';
const maxFrameBytes = 16 * 1024;

/** Many boards, and scores, over one WebSocket. */
export function getLiveSocket(app: App, parts: LiveParts): void {
  const { config, auth, limits, connections, metrics } = parts;
  app.register(websocket, {
    options: { server: webSocketUpgrades(app.server, path), maxPayload: maxFrameBytes },
    // Sockets are told goodbye with all other live connections.
    preClose: (done: () => void) => done(),
    // A broken connection closes itself: too large a frame, invalid UTF-8, a reset.
    errorHandler: (error: NodeJS.ErrnoException) => {
      if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') metrics.dropped('too_large');
    },
  });

  const admit: onRequestHookHandler = (request, _reply, done) => {
    if (request.ws) request.raw.socket.once('close', connections.admit('ws', request.ip));
    done();
  };
  const route: RouteOptions = {
    method: 'GET',
    url: path,
    exposeHeadRoute: false,
    onRequest: [...limits.hooks(false), authenticate(auth, 'optional', config.READS_REQUIRE_TOKEN), admit],
    handler: () => {
      throw new Problem('invalid_request', 'Open this as a WebSocket');
    },
    wsHandler: (socket, request) => {
      const session = new SocketSession(socket, request, {
        ...parts,
        readsRequireToken: config.READS_REQUIRE_TOKEN,
        bufferBytes: config.LIVE_BUFFER_BYTES,
      });
      connections.add(session);
      const begin = performance.now();
      socket.once('close', (code) => {
        connections.remove(session);
        request.log.info(
          { ip: request.ip, ms: Math.round(performance.now() - begin), code },
          'socket closed',
        );
      });
    },
  };
  // The plugin makes routes that come after it take upgrades.
  app.after(() => app.route(route));
}
