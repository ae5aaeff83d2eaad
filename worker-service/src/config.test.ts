import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.js';

describe('the configuration', () => {
  it.each([
    ['POSTGRES_URL', { POSTGRES_URL: 'nonsense' }],
    ['PG_DATABASE_EU', { PG_DATABASE_EU: 'x'.repeat(64) }],
    ['PGPORT_ASIA', { PGPORT_ASIA: 'x' }],
    ['POSTGRES_DIRECT_URL', { POSTGRES_DIRECT_URL: 'server' }],
    ['PG_POOL_MAX', { PG_POOL_MAX: '0' }],
    ['BATCH_SIZE', { BATCH_SIZE: '9000' }],
    ['LEASE_MS', { LEASE_MS: 'soon' }],
    ['FAILPOINT', { FAILPOINT: 'somewhere' }],
  ])('refuses a bad %s', (variable, environment) => {
    expect(() => loadConfig(environment)).toThrow(expect.objectContaining({ variable }));
  });
});
