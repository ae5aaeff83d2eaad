import { Type } from 'typebox';
import { GatewayHealth, Liveness, Unreadiness } from '../../contracts/health.js';
import type { OperationGroup } from '../operation.js';

const text = (description: string, mediaType: string, example: string) => ({
  description,
  content: { [mediaType]: { schema: Type.String(), example } },
});

const page = text('A page', 'text/html', '<!doctype html>…');

const metrics = [
  '# HELP http_request_duration_seconds Time from the first byte of a request to the last of its answer',
  '# TYPE http_request_duration_seconds histogram',
  'http_request_duration_seconds_count{method="GET",route="/top",status="200",service="api-gateway"} 12',
];

export const operations: OperationGroup = {
  name: 'Operations',
  description: 'How the platform is. Through NGINX a gateway answers for itself.',
  operations: [
    {
      route: 'GET /',
      id: 'getBoardPage',
      summary: 'Watch a live board in a browser',
      token: 'none',
      servedBy: 'gateway',
      schema: { response: { 200: page } },
    },
    {
      route: 'GET /examples/quiz',
      id: 'getQuizPage',
      summary: 'Play in a quiz room, an example of a client',
      token: 'none',
      servedBy: 'gateway',
      schema: { response: { 200: page } },
    },
    {
      route: 'GET /health',
      id: 'getHealth',
      summary: 'See what a gateway thinks of the services behind it',
      description: '200 while at least one service is up.',
      token: 'none',
      servedBy: 'gateway',
      schema: { response: { 200: GatewayHealth, 503: GatewayHealth } },
    },
    {
      route: 'GET /health/live',
      id: 'getLiveness',
      summary: 'Ask whether a process runs',
      token: 'none',
      servedBy: 'every process',
      schema: { response: { 200: Liveness } },
    },
    {
      route: 'GET /health/ready',
      id: 'getReadiness',
      summary: 'Ask whether a process can serve',
      token: 'none',
      servedBy: 'every process',
      schema: { response: { 200: Liveness, 503: Unreadiness } },
    },
    {
      route: 'GET /metrics',
      id: 'getMetrics',
      summary: 'Read the metrics of a process, for Prometheus',
      token: 'none',
      servedBy: 'every process',
      schema: { response: { 200: text('Prometheus text format', 'text/plain', `${metrics.join('\n')}\n`) } },
    },
    {
      route: 'GET /openapi.json',
      id: 'getOpenApi',
      summary: 'Read this document',
      token: 'none',
      schema: { response: { 200: Type.Object({ openapi: Type.String({ examples: ['3.1.0'] }) }) } },
    },
    {
      route: 'GET /docs',
      id: 'getDocs',
      summary: 'Read the interactive reference',
      token: 'none',
      schema: { response: { 200: page } },
    },
  ],
};
