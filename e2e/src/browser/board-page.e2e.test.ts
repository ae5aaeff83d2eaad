import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { readJson } from '@leaderboard/local/files';
import { inRepository } from '@leaderboard/local/paths';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  expectAccessible,
  keepScreenshot,
  launchBrowser,
  type OpenPage,
  openPage,
  usersIn,
} from '../testing/browser.js';
import { adminToken, call, freshId, serverToken } from '../testing/client.js';
import { until } from '../testing/until.js';

/** The page at `/` as people use it: Chromium, through NGINX. */

const game = freshId('board');
const names = [
  'Mira Okafor',
  'Jonas Lindqvist',
  'Amélie <b>Laurent</b>',
  'فاطمة الزهراء',
  'Diego Fuentes',
  'Priya Raman',
];
const ids = names.map((_, at) => freshId(`p${at}`));
const [mira = '', jonas = '', , fatima = '', diego = '', priya = ''] = ids;
const homes = ['EU', 'EU', 'ASIA', 'ASIA', 'NA', 'ASIA'];

const post = (events: object[]) =>
  call('/scores', { token: serverToken(), body: { events: events.map((event) => ({ game, ...event })) } });

let browser: Browser;
/** The tabs of a test. */
const open: OpenPage[] = [];

async function visit(path: string, options = {}): Promise<Page> {
  const opened = await openPage(browser, path, options);
  open.push(opened);
  return opened.page;
}
const rowOf = (page: Page, user: string) => page.locator(`#rows tr[data-user="${user}"]`);
const isLive = (page: Page) => page.locator('#connection[data-status=live]').waitFor();

beforeAll(async () => {
  browser = await launchBrowser();
  const made = await call(`/games/${game}`, {
    method: 'PUT',
    token: adminToken(),
    body: { windows: ['24h', 'weekly'] },
  });
  expect(made.status).toBe(200);
  await post(
    ids.map((user_id, at) => ({ user_id, name: names[at], region: homes[at], score: 1000 - at * 100 })),
  );
});
afterEach(async () => {
  const complaints = open.flatMap((tab) => tab.complaints);
  await Promise.all(open.splice(0).map(({ close }) => close()));
  // Breaches of the policy, errors, and requests to anybody else among them.
  expect(complaints).toEqual([]);
});
afterAll(() => browser.close());

describe('the board', () => {
  it('shows a score that is posted while it is open', async () => {
    const page = await visit(`/?game=${game}`);
    await isLive(page);
    expect(await usersIn(page, '#rows')).toEqual(ids);
    const late = freshId('late');
    await post([{ user_id: late, region: 'NA', score: 950 }]);
    await rowOf(page, late).waitFor();
    expect(await usersIn(page, '#rows')).toEqual([mira, late, ...ids.slice(1)]);
    expect(await rowOf(page, late).locator('.move').textContent()).toContain('new');
    expect(await page.locator('#board-total').textContent()).toBe('7 players');
  });

  it('moves a row whose rank changes, and says how far', async () => {
    const page = await visit(`/?game=${game}&region=EU`);
    await isLive(page);
    const row = await rowOf(page, jonas).elementHandle();
    await post([{ user_id: jonas, region: 'EU', score: 2000 }]);
    await page.locator(`#rows tr:first-child[data-user="${jonas}"]`).waitFor();
    expect(await row?.evaluate((kept) => kept.isConnected)).toBe(true);
    expect(await rowOf(page, jonas).locator('.move').textContent()).toBe('▲ 1up 1');
    expect(await rowOf(page, mira).locator('.move').textContent()).toBe('▼ 1down 1');
    expect(await rowOf(page, jonas).locator('.score').textContent()).toBe('2,000');
    await keepScreenshot(page, 'moved');
  });

  it('shows names as they are and never as markup', async () => {
    const page = await visit(`/?game=${game}&region=ASIA`);
    await isLive(page);
    expect(await page.locator('#rows bdi.name').allTextContents()).toEqual([names[2], names[3], names[5]]);
    expect(await page.locator('#rows b').count()).toBe(0);
  });

  it('tells what to type while it is empty', async () => {
    const empty = freshId('empty');
    await call(`/games/${empty}`, { method: 'PUT', token: adminToken(), body: {} });
    const page = await visit(`/?game=${empty}&region=EU`);
    await page.locator('#empty').waitFor();
    expect(await page.locator('#empty-commands').textContent()).toContain(`"game":"${empty}"`);
  });

  it('says why a board cannot be shown', async () => {
    const { page, close } = await openPage(browser, '/?game=no-such-game');
    await page.locator('#refusal').waitFor();
    expect(await page.locator('#refusal-detail').textContent()).toContain('no-such-game');
    await close();
  });
});

describe('the controls', () => {
  it('lead from board to board by mouse, keys and the back button, and stand in the address', async () => {
    const page = await visit('/');
    await isLive(page);
    expect(await page.locator('#regions [role=tab]').allTextContents()).toEqual([
      'Everyone',
      'ASIA',
      'EU',
      'NA',
    ]);
    await page.locator('#game').click();
    await page.locator('#game').fill(game.slice(0, -1));
    await page.locator(`#games [data-game="${game}"]`).click();
    await rowOf(page, mira).waitFor();
    await page.locator('[data-region=GLOBAL]').focus();
    await page.keyboard.press('End');
    await page.locator('[data-region=NA][aria-selected=true]').waitFor();
    await rowOf(page, mira).waitFor({ state: 'detached' });
    await rowOf(page, diego).waitFor();
    await page.getByLabel('24 hours').check();
    await page.getByLabel('Equal scores share a rank').check();
    expect(new URL(page.url()).search).toBe(`?region=NA&game=${game}&window=24h&ties=shared`);
    await rowOf(page, diego).waitFor();
    for (let step = 0; step < 3; step += 1) await page.goBack();
    await rowOf(page, mira).waitFor();
    expect(new URL(page.url()).search).toBe(`?game=${game}`);
  });

  it('offer the windows that the game keeps', async () => {
    const page = await visit(`/?game=${game}&window=weekly`);
    await page.getByText('This week').waitFor();
    expect(await page.locator('#windows label').allTextContents()).toEqual([
      'All time',
      '24 hours',
      'This week',
    ]);
    await page.locator('#board-period').filter({ hasText: 'until' }).waitFor();
  });
});

describe('a player that is searched', () => {
  it('is shown with its rank and neighbours, and followed', async () => {
    const page = await visit(`/?game=${game}`);
    await isLive(page);
    await page.getByLabel('Find a player').fill(fatima);
    await page.keyboard.press('Enter');
    await page.locator('#player-around').waitFor();
    const rank = (await call(`/rank/${fatima}?game=${game}`)).body.rank;
    expect(await page.locator('#player-rank').textContent()).toBe(`#${rank}`);
    const neighbours = await usersIn(page, '#player-rows');
    expect(neighbours).toContain(fatima);
    expect(neighbours).toContain(diego);
    expect(await page.locator('#player-rows tr.followed').getAttribute('data-user')).toBe(fatima);
    await keepScreenshot(page, 'followed');

    await post([{ user_id: priya, region: 'ASIA', score: 750 }]);
    await page.locator('#player-rank', { hasText: `#${rank + 1}` }).waitFor();
    await page.locator('#player-passed', { hasText: 'Priya Raman' }).waitFor();
    expect(await page.locator('#player-spoken').textContent()).toBe(`Rank ${rank + 1} of 7`);
    expect(new URL(page.url()).searchParams.get('user')).toBe(fatima);
  });

  it('may have no score here', async () => {
    const page = await visit(`/?game=${game}&user=nobody-at-all`);
    await page.locator('#player-missing').waitFor();
  });
});

describe('a lost connection', () => {
  it('is said, and comes back by itself with what was missed', async () => {
    const { page, close } = await openPage(browser, `/?game=${game}`);
    await isLive(page);
    const gateways = () =>
      (
        readJson<{ processes: { role: string; pid: number }[] }>(`${inject('stack').dataDir}/stack.json`)
          ?.processes ?? []
      ).filter(({ role }) => role === 'gateway');
    const before = gateways();
    expect(before.length).toBeGreaterThan(0);
    for (const { pid } of before) process.kill(pid, 'SIGKILL');
    await page.locator('#connection[data-status=reconnecting]').waitFor();
    expect(await page.locator('#rows tr').count()).toBeGreaterThan(0);

    await until('both gateways are back', async () => {
      const answers = await Promise.all(
        inject('stack').gatewayUrls.map((url) => fetch(`${url}/health/ready`)),
      );
      return answers.every(({ ok }) => ok);
    });
    const missed = freshId('missed');
    await post([{ user_id: missed, region: 'EU', score: 990 }]);
    await isLive(page);
    await rowOf(page, missed).waitFor();
    await close();
  });
});

describe('everybody', () => {
  it.each([
    ['light', { colorScheme: 'light', viewport: { width: 1180, height: 860 } }],
    ['dark', { colorScheme: 'dark', viewport: { width: 1180, height: 860 } }],
    ['phone', { viewport: { width: 320, height: 640 }, deviceScaleFactor: 2 }],
  ] as const)('can use it: %s', async (name, options) => {
    const page = await visit(`/?game=${game}&user=${diego}`, { ...options, reducedMotion: 'reduce' });
    await isLive(page);
    await page.locator('#player-around').waitFor();
    await expectAccessible(page);
    const widths = await page.evaluate<[number, number]>(
      '[document.documentElement.scrollWidth, innerWidth]',
    );
    expect(widths[0]).toBeLessThanOrEqual(widths[1]);
    await keepScreenshot(page, `board-${name}`);
    await page.locator('#game').click();
    await page.locator('#games [role=option]').first().waitFor();
    await expectAccessible(page);
  });
});

describe('the pages', () => {
  it('weigh less than 60 kB, compressed', () => {
    const dist = inRepository('web', 'dist');
    const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.(html|js|css|svg)$/.test(file),
    );
    expect(files.length).toBeGreaterThanOrEqual(7);
    const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(`${dist}/${file}`)).length, 0);
    expect(bytes).toBeLessThan(60_000);
  });
});
