import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '@leaderboard/shared/http/app';
import { createMetrics } from '@leaderboard/shared/http/metrics';
import { createLogger } from '@leaderboard/shared/logger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPages } from './pages.js';
import { getPages } from './routes/get-page.js';

const directory = mkdtempSync(join(tmpdir(), 'leaderboard-pages-'));
const page = `<!doctype html><title>Board</title>${'<p>text</p>'.repeat(100)}`;
const app = createApp({
  logger: createLogger({ service: 'test', instance: 'test', level: 'silent' }),
  metrics: createMetrics('test'),
  notReady: () => undefined,
});

beforeAll(async () => {
  mkdirSync(join(directory, 'assets'));
  mkdirSync(join(directory, 'examples'));
  writeFileSync(join(directory, 'index.html'), page);
  writeFileSync(join(directory, 'examples', 'quiz.html'), page);
  writeFileSync(join(directory, 'assets', 'board-A1B2.js'), 'export {};');
  getPages(app, loadPages(directory), []);
  await app.ready();
});
afterAll(async () => {
  await app.close();
  rmSync(directory, { recursive: true });
});

describe('a page', () => {
  it('is asked for again each time, and may load nothing from elsewhere', async () => {
    const { statusCode, headers, body } = await app.inject('/');
    expect({ statusCode, body }).toEqual({ statusCode: 200, body: page });
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    expect(headers['content-security-policy']).toMatch(/^default-src 'none';(?!.*unsafe)/);
  });

  it('is not sent again when it is known', async () => {
    const { headers } = await app.inject('/');
    const again = await app.inject({ url: '/', headers: { 'if-none-match': String(headers.etag) } });
    expect(again).toMatchObject({ statusCode: 304, body: '' });
    const other = await app.inject({ url: '/', headers: { 'if-none-match': 'W/"other"' } });
    expect(other.statusCode).toBe(200);
  });

  it('is compressed for those who take it', async () => {
    const sizeFor = async (encodings: string) => {
      const answer = await app.inject({ url: '/', headers: { 'accept-encoding': encodings } });
      return [answer.headers['content-encoding'], answer.rawPayload.length < page.length];
    };
    expect(await sizeFor('br, gzip')).toEqual(['gzip', true]);
    expect(await sizeFor('gzip;q=0, br')).toEqual([undefined, false]);
    expect(await sizeFor('')).toEqual([undefined, false]);
  });

  it('answers HEAD without its body', async () => {
    const { statusCode, headers, body } = await app.inject({ method: 'HEAD', url: '/examples/quiz' });
    expect({ statusCode, body }).toEqual({ statusCode: 200, body: '' });
    expect(headers['content-length']).toBe(String(page.length));
  });
});

describe('an asset', () => {
  it('is kept for ever, as its name has its hash', async () => {
    const { headers } = await app.inject('/assets/board-A1B2.js');
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
  });

  it('of an older build is gone', async () => {
    expect((await app.inject('/assets/board-00000000.js')).statusCode).toBe(404);
  });
});

describe('a gateway without built pages', () => {
  it('has none', () => expect(loadPages(join(directory, 'assets'))).toEqual([]));
});
