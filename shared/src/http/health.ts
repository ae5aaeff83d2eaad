import type { FastifyInstance } from 'fastify';
import { Liveness, Unreadiness } from '../contracts/health.js';

/** Names what is missing, or nothing when this process can serve. */
export type ReadinessCheck = () => string | undefined;

/** `/health/live`: the process runs. `/health/ready`: it can serve, 503 with the reason while it cannot. */
export function registerHealth(app: FastifyInstance, notReady: ReadinessCheck): void {
  app.get('/health/live', { logLevel: 'warn', schema: { response: { 200: Liveness } } }, () => ({
    status: 'ok',
  }));
  const response = { 200: Liveness, 503: Unreadiness };
  app.get('/health/ready', { logLevel: 'warn', schema: { response } }, (_request, reply) => {
    const reason = notReady();
    return reason === undefined ? { status: 'ok' } : reply.code(503).send({ status: 'unavailable', reason });
  });
}
