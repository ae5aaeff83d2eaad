import Fastify, { type FastifyInstance } from 'fastify';

const row = {
  user_id: 'player-0000001',
  name: 'Player 1',
  region: 'EU',
  rank: 500_000,
  score: 387_420_489,
  updated_at: '2026-01-31T12:00:00.000Z',
};
const written = { ...row, game: 'default', previous_score: 387_420_488, best: true };
const ranked = { ...row, total: 1_000_000, percentile: 50 };

const schemaOf = (example: object) => ({
  type: 'object',
  properties: Object.fromEntries(
    Object.entries(example).map(([name, value]) => [
      name,
      { type: typeof value === 'number' ? 'number' : typeof value },
    ]),
  ),
});

const postSchema = {
  body: {
    type: 'object',
    properties: { score: { type: 'integer' } },
    required: ['score'],
    additionalProperties: false,
  },
  response: { 200: schemaOf(written) },
};
const getSchema = { response: { 200: schemaOf(ranked) } };

/**
 * What remains when the platform does nothing: a bare Fastify that answers the same requests with answers of about the
 * same size. No token, no log, no store.
 */
export function buildEcho(top: Buffer): FastifyInstance {
  const app = Fastify({ logger: false });
  app.post<{ Body: { score: number } }>('/score', { schema: postSchema }, (request, reply) => {
    reply.send({ ...written, score: request.body.score });
  });
  app.get('/rank/:userId', { schema: getSchema }, (_request, reply) => {
    reply.send(ranked);
  });
  app.get('/around/:userId', { schema: getSchema }, (_request, reply) => {
    reply.send(ranked);
  });
  app.get('/top', (_request, reply) => {
    reply.type('application/json; charset=utf-8').send(top);
  });
  app.get('/health/ready', (_request, reply) => {
    reply.send({ status: 'ok' });
  });
  return app;
}
