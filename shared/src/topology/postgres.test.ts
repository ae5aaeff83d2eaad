import { describe, expect, it } from 'vitest';
import type { Environment } from '../config.js';
import { connectionTo, readPostgres } from './postgres.js';

const common = {
  POSTGRES_URL: '',
  POSTGRES_DIRECT_URL: '',
  PGHOST: 'db',
  PGPORT: 5432,
  PGUSER: 'postgres',
  PGPASSWORD: 'secret',
};

function read(settings: Partial<typeof common>, environment: Environment = {}, region = 'ASIA') {
  const address = readPostgres({ ...common, ...settings }, [region], environment).get(region);
  if (!address) throw new Error('no address');
  return address;
}

const asia = (settings: Partial<typeof common>, environment: Environment = {}) => {
  const { direct, pooler } = read(settings, environment);
  return { ...direct, connection: connectionTo(direct), pooler };
};

describe('the Postgres of a region', () => {
  it('is the common one, with a database of its own', () => {
    expect(asia({})).toMatchObject({
      variable: 'PGHOST',
      passwordVariable: 'PGPASSWORD',
      shown: 'db:5432',
      connection: {
        host: 'db',
        port: 5432,
        user: 'postgres',
        password: 'secret',
        database: 'leaderboard_asia',
      },
      pooler: undefined,
    });
  });

  it('may name its database', () => {
    expect(asia({}, { PG_DATABASE_ASIA: 'scores' }).database).toBe('scores');
  });

  it('takes what it does not say from the common one', () => {
    expect(asia({}, { PGHOST_ASIA: 'tokyo', PGPASSWORD_ASIA: 'other' })).toMatchObject({
      variable: 'PGHOST_ASIA',
      passwordVariable: 'PGPASSWORD_ASIA',
      shown: 'tokyo:5432',
      connection: { host: 'tokyo', port: 5432, user: 'postgres', password: 'other' },
    });
  });

  it('is not changed by what other regions say', () => {
    expect(read({}, { PGHOST_ASIA: 'tokyo' }, 'EU').direct).toMatchObject({
      variable: 'PGHOST',
      shown: 'db:5432',
    });
  });

  it('is that of a common URL, whose path does not count', () => {
    expect(
      asia({ POSTGRES_URL: 'postgres://me:p%40ss@db:5433/ignored?sslmode=require' }, { PGHOST: 'other' }),
    ).toMatchObject({
      variable: 'POSTGRES_URL',
      shown: 'db:5433',
      connection: { connectionString: 'postgres://me:p%40ss@db:5433/leaderboard_asia?sslmode=require' },
    });
  });

  it('replaces parts of a common URL', () => {
    const POSTGRES_URL = 'postgres://me:p%40ss@db:5433/?sslmode=require';
    const environment = { PGHOST_ASIA: 'tokyo', PGPORT_ASIA: '6000', PGPASSWORD_ASIA: 'a@b' };
    expect(asia({ POSTGRES_URL }, environment)).toMatchObject({
      variable: 'PGHOST_ASIA',
      passwordVariable: 'PGPASSWORD_ASIA',
      shown: 'tokyo:6000',
      connection: { connectionString: 'postgres://me:a%40b@tokyo:6000/leaderboard_asia?sslmode=require' },
    });
  });

  it('is its own URL before all else', () => {
    const environment = { POSTGRES_URL_ASIA: 'postgres://me@tokyo/', PGHOST_ASIA: 'osaka' };
    expect(asia({ POSTGRES_URL: 'postgres://me@db/' }, environment)).toMatchObject({
      variable: 'POSTGRES_URL_ASIA',
      connection: { connectionString: 'postgres://me@tokyo/leaderboard_asia' },
    });
  });
});

describe('a direct URL', () => {
  const POSTGRES_DIRECT_URL = 'postgres://me@server:5432/';

  it('makes of the others a pooler', () => {
    expect(asia({ PGHOST: 'pgbouncer', POSTGRES_DIRECT_URL })).toMatchObject({
      variable: 'POSTGRES_DIRECT_URL',
      connection: { connectionString: 'postgres://me@server:5432/leaderboard_asia' },
      pooler: { variable: 'PGHOST', shown: 'pgbouncer:5432', database: 'leaderboard_asia' },
    });
  });

  it('of all says nothing about a region with a server of its own', () => {
    expect(asia({ POSTGRES_DIRECT_URL }, { PGHOST_ASIA: 'tokyo' })).toMatchObject({
      variable: 'PGHOST_ASIA',
      pooler: undefined,
    });
  });

  it('can be one region’s', () => {
    const environment = { PGHOST_ASIA: 'bouncer', POSTGRES_DIRECT_URL_ASIA: 'postgres://me@tokyo/' };
    expect(asia({ POSTGRES_DIRECT_URL }, environment)).toMatchObject({
      variable: 'POSTGRES_DIRECT_URL_ASIA',
      shown: 'tokyo',
      pooler: { variable: 'PGHOST_ASIA' },
    });
  });
});

describe('a bad address', () => {
  it.each([
    ['POSTGRES_URL', { POSTGRES_URL: 'nonsense' }, {}],
    ['POSTGRES_DIRECT_URL', { POSTGRES_DIRECT_URL: 'http://db' }, {}],
    ['POSTGRES_URL_ASIA', {}, { POSTGRES_URL_ASIA: 'db:5432' }],
    ['POSTGRES_DIRECT_URL_ASIA', {}, { POSTGRES_DIRECT_URL_ASIA: 'db' }],
    ['PGPORT_ASIA', {}, { PGPORT_ASIA: '0' }],
    ['PG_DATABASE_ASIA', {}, { PG_DATABASE_ASIA: 'x'.repeat(64) }],
  ])('is refused by the name of %s', (variable, settings, environment) => {
    expect(() => read(settings, environment)).toThrow(expect.objectContaining({ variable }));
  });
});
