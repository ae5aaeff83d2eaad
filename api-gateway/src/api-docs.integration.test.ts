import { operationGroups, routesServedBy } from '@leaderboard/shared/openapi/operations';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { otherwise, policies } from './policies.js';
import { startSystem } from './testing/gateway-harness.js';

const operations = operationGroups.flatMap((group) => group.operations);
const handedOn = new Set(['/*', ...policies.map(({ path }) => path)]);

describe('the API reference and the gateway', () => {
  let system: Awaited<ReturnType<typeof startSystem>>;

  beforeAll(async () => {
    system = await startSystem(1);
  });
  afterAll(() => system.close());

  it('name the same routes', () => {
    // Hidden are those that only refuse, and what the pages load.
    const own = [...system.gateway.app.servedRoutes]
      .filter(([route, schema]) => !handedOn.has(route.split(' ')[1] ?? '') && !('hide' in schema))
      .map(([route]) => route);
    expect(own.sort()).toEqual(routesServedBy('gateway'));
  });

  it.each(operations.filter(({ servedBy }) => servedBy === undefined || servedBy === 'worker'))(
    'agree on the token and the upstream of $route',
    ({ route, token, servedBy }) => {
      const [method = '', path] = route.split(' ');
      const policy =
        policies.find((each) => each.path === path && each.methods.includes(method)) ?? otherwise;
      const rule = {
        none: 'optional',
        reads: 'reads',
        any: 'required',
        server: 'required',
        admin: 'required',
      };
      expect(policy.token).toBe(rule[token]);
      expect(policy.upstream).toBe(servedBy);
    },
  );
});
