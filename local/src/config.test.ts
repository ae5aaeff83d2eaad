import { describe, expect, it } from 'vitest';
import { readLocalConfig } from './config.js';
import { inRepository } from './paths.js';

describe('readLocalConfig', () => {
  it('has a default for everything', () => {
    expect(readLocalConfig({})).toMatchObject({
      port: 8080,
      gateways: 2,
      services: 2,
      workers: 1,
      dataDir: inRepository('.local'),
      regions: ['ASIA', 'EU', 'NA', 'GLOBAL'],
      redisUrl: undefined,
      postgresUrl: undefined,
      jwtSecret: undefined,
    });
  });

  it('counts an empty variable as not set', () => {
    expect(readLocalConfig({ PORT: '', REDIS_URL: ' ', JWT_SECRET: '' })).toMatchObject({
      port: 8080,
      redisUrl: undefined,
    });
  });

  it('takes a relative DATA_DIR from the repository, wherever it is started', () => {
    expect(readLocalConfig({ DATA_DIR: 'data/a' }).dataDir).toBe(inRepository('data/a'));
    expect(readLocalConfig({ DATA_DIR: '/tmp/a' }).dataDir).toBe('/tmp/a');
  });

  it.each([
    ['PORT', 'abc'],
    ['PORT', '70000'],
    ['GATEWAYS', '0'],
    ['WORKERS', '-1'],
    ['DATA_DIR', '/tmp/a"b'],
    ['REGIONS', 'ASIA,EU'],
    ['PARTITIONS', '0'],
    ['REDIS_URL', 'http://127.0.0.1'],
    ['POSTGRES_URL', 'postgres:/nohost'],
    ['JWT_SECRET', 'short'],
    ['LOG_LEVEL', 'loud'],
  ])('names %s when it is %s', (name, value) => {
    expect(() => readLocalConfig({ [name]: value })).toThrow(name);
  });
});
