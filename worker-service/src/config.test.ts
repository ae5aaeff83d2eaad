import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.js';
import { connectionTo } from './postgres/address.js';

describe('the configuration', () => {
  it('names a database for each region', () => {
    const { postgres } = loadConfig({ REGIONS: 'ASIA,GLOBAL', PG_DATABASE_ASIA: 'asia_scores' });
    expect([...postgres.databases]).toEqual([
      ['ASIA', 'asia_scores'],
      ['GLOBAL', 'leaderboard_global'],
    ]);
  });

  it('takes the server from POSTGRES_URL, and the database from the region', () => {
    const { postgres } = loadConfig({
      POSTGRES_URL: 'postgres://me:p%40ss@db:5433/ignored?sslmode=require',
      PGHOST: 'other',
    });
    expect(postgres).toMatchObject({ variable: 'POSTGRES_URL', shown: 'db:5433' });
    expect(connectionTo(postgres, 'leaderboard_asia')).toEqual({
      connectionString: 'postgres://me:p%40ss@db:5433/leaderboard_asia?sslmode=require',
    });
  });

  it.each([
    ['POSTGRES_URL', { POSTGRES_URL: 'nonsense' }],
    ['PG_DATABASE_EU', { PG_DATABASE_EU: 'x'.repeat(64) }],
    ['BATCH_SIZE', { BATCH_SIZE: '9000' }],
    ['LEASE_MS', { LEASE_MS: 'soon' }],
    ['FAILPOINT', { FAILPOINT: 'somewhere' }],
  ])('refuses a bad %s', (variable, environment) => {
    expect(() => loadConfig(environment)).toThrow(expect.objectContaining({ variable }));
  });
});
