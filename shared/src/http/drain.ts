import { once } from 'node:events';
import { Server } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** How long open connections may still bring requests before those that are idle are closed. */
const lastRequestsMs = 1_000;
/** After this, connections are cut: a stop takes at most ten seconds in all. */
const limitMs = 8_000;

/**
 * Stops a server whose clients keep connections open and do not ask `/health/ready`, as NGINX does, without
 * failing a request. Node's own `close()` at once shuts every idle connection, and a request that is on its
 * way there is lost. So:
 * 1. nobody new is accepted: a refused connection is safely tried elsewhere;
 * 2. open connections still serve, and each answer says `Connection: close`;
 * 3. those that stayed idle all the while are closed.
 */
export async function drainAndClose(app: FastifyInstance): Promise<void> {
  const { server } = app;
  const closed = once(server, 'close');
  const cut = globalThis.setTimeout(() => server.closeAllConnections(), limitMs);
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
  // Right after a poll for events, so that whoever is connecting this moment has been accepted.
  await setImmediate();
  Server.prototype.close.call(server);
  await Promise.race([closed, setTimeout(lastRequestsMs)]);
  await app.close();
  clearTimeout(cut);
}
