import { describe, expect, inject, it } from 'vitest';
import { call } from './testing/client.js';

describe('the API reference', () => {
  it('is the same at NGINX, at each gateway and at each service', async () => {
    const { url, gatewayUrls, serviceUrls } = inject('stack');
    const doors = [url, ...gatewayUrls, ...serviceUrls];
    expect(doors.length).toBeGreaterThan(3);
    const documents = await Promise.all(doors.map((base) => call('/openapi.json', { base })));
    for (const { status, body } of documents) {
      expect(status).toBe(200);
      expect(body).toEqual(documents[0]?.body);
    }
    expect(documents[0]?.body.openapi).toBe('3.1.0');
  });

  it('has its page and all that the page loads behind NGINX, with a policy that lets nothing else in', async () => {
    const page = await call('/docs');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("connect-src 'self'");
    const addresses = [...(page.body as string).matchAll(/(?:src|href)="([^"]+)"/g)];
    expect(addresses.length).toBeGreaterThan(4);
    for (const [, address = ''] of addresses) {
      expect(address).toMatch(/^\/docs\//);
      expect((await call(address)).status, address).toBe(200);
    }
  });
});
