import swagger from '@fastify/swagger';
import type { ServedRoutes } from '@leaderboard/shared/http/served-routes';
import type { Operation, OperationGroup } from '@leaderboard/shared/openapi/operation';
import { operationGroups } from '@leaderboard/shared/openapi/operations';
import Fastify, { type FastifySchema } from 'fastify';
import { exampleOf, type JsonSchema, withoutDefaults } from './json-schema.js';
import { ProblemSchema, problemResponses } from './problem-responses.js';

export type OpenApiDocument = swagger.StaticDocumentSpec['document'];

interface Parts {
  params?: JsonSchema;
  querystring?: JsonSchema;
  headers?: JsonSchema;
  body?: JsonSchema | { content: object };
  response?: Record<string, JsonSchema | { content: object }>;
}

const info = {
  title: 'Leaderboard platform',
  version: '1',
  description:
    'Real-time leaderboards. Start with `POST /auth/register`: its token goes into **Authorize**. Errors are `application/problem+json`; go by their `code`.',
  license: { name: 'MIT', identifier: 'MIT' },
};

const statusTexts: Record<string, string> = { 101: 'Switching protocols', 201: 'Made', 503: 'Not now' };

/**
 * The OpenAPI document: what `shared/openapi` says of each operation, put to the schemas of the routes of this service
 * (or to those that it names, where another process serves them). The routes are registered once more, on an
 * app that nobody listens with, because that is what @fastify/swagger reads.
 */
export async function buildDocument(routes: ServedRoutes): Promise<OpenApiDocument> {
  const app = Fastify({ exposeHeadRoutes: false });
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => JSON.stringify);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info,
      servers: [{ url: '/' }],
      tags: operationGroups.map(({ name, description }) => ({ name, description })),
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      },
    },
    convertConstToEnum: false,
    refResolver: { buildLocalReference: (json) => String(json.$id) },
  });
  app.addSchema(ProblemSchema);
  for (const group of operationGroups) {
    for (const operation of group.operations) {
      const [method = '', url = ''] = operation.route.split(' ');
      const schema = describe(group, operation, { ...routes.get(operation.route), ...operation.schema });
      app.route({ method, url, schema, handler: () => undefined });
    }
  }
  await app.ready();
  return app.swagger() as OpenApiDocument;
}

function describe(group: OperationGroup, operation: Operation, schemas: FastifySchema): FastifySchema {
  const { params, querystring, headers, body, response = {} } = schemas as Parts;
  const isRead = operation.route.startsWith('GET ');
  const traits = { hasInput: Boolean(params ?? querystring ?? body), hasBody: Boolean(body), isRead };
  return {
    operationId: operation.id,
    summary: operation.summary,
    ...(operation.description !== undefined && { description: operation.description }),
    tags: [group.name],
    security: securityOf(operation),
    ...(params && { params: withExamples(params) }),
    ...(querystring && { querystring: withExamples(withoutDefaults(querystring)) }),
    ...(headers && { headers: withExamples(headers) }),
    ...(body && { body: 'content' in body ? body : withExample(body) }),
    response: { ...successes(response), ...problemResponses(operation, traits) },
  };
}

/** An empty requirement among others says that a token may be left out. */
function securityOf({ token }: Operation): Record<string, string[]>[] {
  if (token === 'none') return [];
  return token === 'reads' ? [{}, { token: [] }] : [{ token: [] }];
}

function successes(response: NonNullable<Parts['response']>): Record<string, unknown> {
  const described = Object.entries(response).map(([status, schema]) => {
    const described = { description: statusTexts[status] ?? 'Done', ...schema };
    return [status, 'content' in described ? described : withExample(described)];
  });
  return described.length > 0
    ? Object.fromEntries(described)
    : { 204: { type: 'null', description: 'Done' } };
}

const withExample = (schema: JsonSchema) => ({ ...schema, examples: [exampleOf(schema)] });

/** Of parameters, each has its own example. */
function withExamples(schema: JsonSchema): JsonSchema {
  const { properties = {} } = schema;
  const described = Object.entries(properties).map(([name, property]) => [name, withExample(property)]);
  return { ...schema, properties: Object.fromEntries(described) };
}
