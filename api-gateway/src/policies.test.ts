import { describe, expect, it } from 'vitest';
import { otherwise, policies, redeliveryOf } from './policies.js';

const policyOf = (method: string, path: string) =>
  policies.find((policy) => policy.path === path && policy.methods.includes(method)) ?? otherwise;

describe('a second delivery', () => {
  it.each([
    ['GET', '/top', undefined, 'harmless'],
    ['HEAD', '/top', undefined, 'harmless'],
    ['GET', '/unknown', undefined, 'harmless'],
    ['POST', '/score', undefined, 'harmful'],
    ['POST', '/score', '', 'harmful'],
    ['POST', '/score', 'k1', 'keyed'],
    ['POST', '/score/add', 'k1', 'keyed'],
    ['POST', '/auth/login', undefined, 'harmless'],
    ['POST', '/auth/*', 'k1', 'harmful'],
    ['POST', '/scores', 'k1', 'harmful'],
    ['DELETE', '/users/:userId', 'k1', 'harmful'],
    ['POST', '/unknown', 'k1', 'harmful'],
  ] as const)('of %s %s with the key %s is %s', (method, path, key, expected) => {
    expect(redeliveryOf(policyOf(method, path), method, key)).toBe(expected);
  });
});

it('has no route twice', () => {
  const routes = policies.flatMap(({ methods, path }) => methods.map((method) => `${method} ${path}`));
  expect(new Set(routes).size).toBe(routes.length);
});
