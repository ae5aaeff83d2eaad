import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { ConfigError, type Environment, readConfig, topologySettings } from '../config.js';
import { readTopology } from './settings.js';

const read = (environment: Environment) =>
  readTopology(readConfig(Type.Object({ ...topologySettings }), environment), environment);

describe('readTopology', () => {
  it('takes one Redis for all regions', () => {
    const { redis } = read({ REDIS_URL: 'redis://one:1', REGIONS: 'ASIA,GLOBAL' });
    expect([...redis.values()].map(({ url }) => url)).toEqual(['redis://one:1', 'redis://one:1']);
  });

  it('takes a Redis for one region and another one for the rest', () => {
    const environment = {
      REDIS_URL: 'redis://rest',
      REDIS_URL_ASIA: 'redis://asia',
      REGIONS: 'ASIA,EU,GLOBAL',
    };
    const urls = [...read(environment).redis].map(([region, { url }]) => [region, url]);
    expect(urls).toEqual([
      ['ASIA', 'redis://asia'],
      ['EU', 'redis://rest'],
      ['GLOBAL', 'redis://rest'],
    ]);
  });

  it('takes some nodes of a cluster', () => {
    const { cluster, redis } = read({ REDIS_CLUSTER: 'true', REDIS_URL: 'redis://a:1, redis://b:2' });
    expect(cluster?.map(({ url }) => url)).toEqual(['redis://a:1', 'redis://b:2']);
    expect(redis.size).toBe(0);
  });

  it.each<[variable: string, what: string, environment: Environment]>([
    ['PARTITIONS', 'no partition', { PARTITIONS: '0' }],
    ['PARTITIONS', 'half a partition', { PARTITIONS: '1.5' }],
    ['REDIS_URL_EU', 'a region without a URL', { REDIS_URL_ASIA: 'redis://asia', REGIONS: 'ASIA,EU,GLOBAL' }],
    [
      'REDIS_URL_MARS',
      'a URL without a region',
      { REDIS_URL: 'redis://one', REDIS_URL_MARS: 'redis://mars' },
    ],
    ['REDIS_URL_ASIA', 'no URL', { REDIS_URL: 'redis://one', REDIS_URL_ASIA: 'asia' }],
    ['REDIS_URL', 'several servers that are no cluster', { REDIS_URL: 'redis://a,redis://b' }],
    [
      'REDIS_URL_ASIA',
      'a cluster and a Redis of a region',
      { REDIS_CLUSTER: 'true', REDIS_URL: 'redis://a', REDIS_URL_ASIA: 'redis://asia' },
    ],
    ['REDIS_URL', 'a database of a cluster', { REDIS_CLUSTER: 'true', REDIS_URL: 'redis://a/1' }],
    ['REDIS_URL', 'an empty name among nodes', { REDIS_CLUSTER: 'true', REDIS_URL: 'redis://a,' }],
    ['REDIS_CLUSTER', 'neither true nor false', { REDIS_CLUSTER: 'yes' }],
  ])('refuses %s: %s', (variable, _, environment) => {
    expect(() => read(environment)).toThrow(ConfigError);
    expect(() => read(environment)).toThrow(new RegExp(`^${variable} [^\n]+$`));
  });
});
