import { operationGroups, routesServedBy } from '@leaderboard/shared/openapi/operations';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServiceHarness, startService } from '../testing/service-harness.js';

interface Described {
  route: string;
  summary?: string;
  tags?: string[];
  security?: Record<string, unknown>[];
  requestBody?: { content: Record<string, { example?: unknown }> };
  responses: Record<string, { content?: Record<string, { example?: unknown; examples?: object }> }>;
}

const operations = operationGroups.flatMap((group) => group.operations);

describe('the API reference', () => {
  let service: ServiceHarness;
  let text: string;
  let described: Described[];

  beforeAll(async () => {
    service = await startService();
    const answer = await service.app.inject('/openapi.json');
    text = answer.body;
    const { paths } = answer.json() as { paths: Record<string, Record<string, Omit<Described, 'route'>>> };
    described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        ...operation,
        route: `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
      })),
    );
  });
  afterAll(() => service.close());

  it('is valid OpenAPI 3.1, its examples included', async () => {
    const config = await createConfig({
      extends: ['recommended-strict'],
      rules: {
        'no-invalid-media-type-examples': 'error',
        'no-invalid-parameter-examples': 'error',
        'no-invalid-schema-examples': 'error',
        'operation-description': 'off',
        // A WebSocket begins with 101. Whether every operation says how it succeeds is checked below.
        'operation-2xx-response': 'off',
        // Health and metrics refuse nobody; whoever takes input or a token is checked below.
        'operation-4xx-response': 'off',
      },
    });
    const problems = await lintFromString({ source: text, config });
    expect(problems.map(({ message, location }) => `${location[0]?.pointer}: ${message}`)).toEqual([]);
    expect(JSON.parse(text).openapi).toBe('3.1.0');
  });

  it('has every route of this service, and those of the other processes', () => {
    const served = [...service.app.servedRoutes.keys()].filter((route) => !/ \/docs\/./.test(route));
    expect(served.sort()).toEqual(routesServedBy('service'));
    expect(described.map(({ route }) => route).sort()).toEqual(operations.map(({ route }) => route).sort());
  });

  it('says of every operation what it does, who may and what comes back, with examples', () => {
    for (const { route, summary, tags, security, requestBody, responses } of described) {
      expect(summary, route).toMatch(/^[A-Z]/);
      expect(tags, route).toHaveLength(1);
      expect(security, route).toBeDefined();
      const successes = Object.entries(responses).filter(([status]) => /^[12]/.test(status));
      expect(successes.length, route).toBeGreaterThan(0);
      const bodies = [requestBody, ...successes.map(([, response]) => response)];
      for (const media of bodies.flatMap((body) => Object.values(body?.content ?? {}))) {
        expect(media.example, route).toBeDefined();
      }
    }
  });

  it('says how whoever takes input or a token refuses it', () => {
    const judging = described.filter(({ security, requestBody }) => requestBody || security?.length);
    expect(judging.length).toBeGreaterThan(15);
    for (const { route, responses } of judging) {
      const refusals = Object.entries(responses).filter(([status]) => status.startsWith('4'));
      expect(refusals.length, route).toBeGreaterThan(0);
      for (const [, response] of refusals) {
        expect(response.content?.['application/problem+json']?.examples, route).toBeDefined();
      }
    }
  });

  it.each(operations.filter(({ servedBy }) => servedBy === undefined))(
    'tells the truth about who may call $route',
    async ({ route, token }) => {
      const [method, path] = route.split(' ') as ['GET', string];
      const url = path.replace(':userId', 'nobody').replace(':game', 'none');
      const call = async (caller?: 'player' | 'server' | 'admin') => {
        const authorization = caller && `Bearer ${service.token({ user_id: 'somebody', role: caller })}`;
        const headers = authorization === undefined ? {} : { authorization };
        return (await service.app.inject({ method, url, headers })).statusCode;
      };
      const withoutToken = await call();
      if (token === 'none' || token === 'reads') expect(withoutToken).not.toBe(401);
      else expect(withoutToken).toBe(401);
      if (token === 'server' || token === 'admin') expect(await call('player')).toBe(403);
      if (token === 'admin') expect(await call('server')).toBe(403);
      if (token === 'server') expect(await call('server')).not.toBe(403);
      expect(await call('admin')).not.toBe(401);
    },
  );

  it('gives examples of bodies that are taken', async () => {
    const sent: string[] = [];
    for (const { route, requestBody } of described) {
      const [method, path] = route.split(' ') as ['POST', string];
      const url = path.replace(':userId', 'alice').replace(':game', 'none');
      const authorization = `Bearer ${service.token({ user_id: 'alice', role: 'admin' })}`;
      for (const [type, { example }] of Object.entries(requestBody?.content ?? {})) {
        const payload = typeof example === 'string' ? example : JSON.stringify(example);
        const headers = { authorization, 'content-type': type };
        const answer = await service.app.inject({ method, url, headers, payload });
        expect(answer.statusCode, `${route}: ${answer.body}`).not.toBe(400);
        expect(answer.statusCode, route).toBeLessThan(500);
        sent.push(route);
      }
    }
    expect(sent.length).toBeGreaterThan(8);
  });

  it('shows an interactive page that asks no other server', async () => {
    const page = await service.app.inject('/docs');
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    const addresses = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '');
    expect(addresses.length).toBeGreaterThan(4);
    for (const address of addresses) {
      expect(address).toMatch(/^\/docs\/static\//);
      expect((await service.app.inject(address)).statusCode).toBe(200);
    }
  });

  it.each(['/docs/static/none.js', '/docs/static/../package.json', '/docs/static/%2e%2e/x', '/docs/none'])(
    'answers 404 to %s',
    async (url) => {
      const answer = await service.app.inject(url);
      expect(answer.statusCode).toBe(404);
      expect(answer.json().code).toBe('not_found');
    },
  );
});
