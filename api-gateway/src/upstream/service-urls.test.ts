import { describe, expect, it } from 'vitest';
import { parseServiceUrls } from './service-urls.js';

describe('parseServiceUrls', () => {
  it('takes names, addresses and ports', () => {
    expect(parseServiceUrls('http://service:5000, http://10.0.0.1/,http://[::1]:5001,')).toEqual([
      { hostname: 'service', port: 5000 },
      { hostname: '10.0.0.1', port: 80 },
      { hostname: '::1', port: 5001 },
    ]);
  });

  it.each([
    '',
    ' , ',
    'service:5000',
    'https://service',
    'http://service/path',
    'http://u@service',
    'http://a?b',
    '%',
  ])('refuses %j', (text) => {
    expect(() => parseServiceUrls(text)).toThrow();
  });
});
