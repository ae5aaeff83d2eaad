import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.js';

const secret = { JWT_SECRET: 'a secret of more than thirty-two bytes' };

describe('the configuration', () => {
  it('needs only a secret', () => {
    const config = loadConfig(secret);
    expect(config).toMatchObject({
      PORT: 4000,
      serviceUrls: [{ hostname: '127.0.0.1', port: 5000 }],
      workerUrls: [{ hostname: '127.0.0.1', port: 6001 }],
    });
    expect(config.trustedProxies.has('127.0.0.1')).toBe(true);
    expect(config.limitExempt.has('127.0.0.1')).toBe(true);
  });

  it('takes none for an empty list', () => {
    const config = loadConfig({ ...secret, TRUSTED_PROXIES: 'none', IP_LIMIT_EXEMPT: 'none' });
    expect(config.trustedProxies.has('127.0.0.1')).toBe(false);
    expect(config.limitExempt.has('127.0.0.1')).toBe(false);
  });

  it.each([
    ['LEADERBOARD_SERVICE_URLS', 'service:5000'],
    ['WORKER_URLS', 'worker:6001'],
    ['TRUSTED_PROXIES', 'everyone'],
    ['IP_LIMIT_EXEMPT', '10.0.0.0/64'],
    ['IP_REQUESTS_PER_SECOND', '-1'],
    ['AUTH_REQUESTS_PER_MINUTE', 'many'],
    ['UPSTREAM_TIMEOUT_MS', '0'],
    ['READS_REQUIRE_TOKEN', 'perhaps'],
    ['PORT', '70000'],
  ])('refuses %s=%s with one line that names it', (variable, value) => {
    expect(() => loadConfig({ ...secret, [variable]: value })).toThrow(
      new RegExp(`^${variable} is wrong: [^\n]+$`),
    );
  });
});
