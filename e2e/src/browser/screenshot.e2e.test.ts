import { expect, it } from 'vitest';
import { keepScreenshot, launchBrowser, openPage } from '../testing/browser.js';
import { adminToken, call, serverToken } from '../testing/client.js';
import { until } from '../testing/until.js';

const game = 'arena';
const players: [id: string, name: string, region: string, score: number][] = [
  ['mira', 'Mira Okafor', 'EU', 98_200],
  ['jonas', 'Jonas Lindqvist', 'EU', 96_450],
  ['amelie', 'Amélie Laurent', 'EU', 94_626],
  ['diego', 'Diego Fuentes', 'NA', 92_728],
  ['priya', 'Priya Raman', 'ASIA', 89_610],
  ['noah', 'Noah Becker', 'EU', 87_490],
  ['yuki', 'Yuki Tanaka', 'ASIA', 86_196],
  ['sofia', 'Sofia Rossi', 'EU', 84_471],
  ['liam', 'Liam O’Connor', 'NA', 82_486],
  ['fatima', 'فاطمة الزهراء', 'ASIA', 80_970],
  ['ava', 'Ava Novak', 'EU', 78_480],
  ['kwame', 'Kwame Mensah', 'GLOBAL', 76_816],
];

/** docs/web.md says how it gets from e2e/screenshots into docs/screenshots. */
it('the picture in the documents shows a board that has just moved', async () => {
  const post = async (events: object[]) => {
    const answer = await call('/scores', { token: serverToken(), body: { events } });
    expect(answer.status).toBe(200);
  };
  const windows = ['24h', '7d', 'daily', 'weekly', 'monthly'];
  await call(`/games/${game}`, { method: 'PUT', token: adminToken(), body: { windows } });
  await post(players.map(([user_id, name, region, score]) => ({ game, user_id, name, region, score })));

  const browser = await launchBrowser();
  const size = { viewport: { width: 1180, height: 800 }, colorScheme: 'light' } as const;
  const { page } = await openPage(browser, `/?game=${game}&user=yuki`, size);
  await page.locator('#rows tr:nth-child(12)').waitFor();
  await page.locator('#player-around').waitFor();
  await post([
    { game, user_id: 'diego', region: 'NA', score: 97_115 },
    { game, user_id: 'sofia', region: 'EU', score: 93_060 },
  ]);
  await page.locator('#rows tr:nth-child(2)[data-user=diego]').waitFor();
  await page.locator('#player-rank', { hasText: '#8' }).waitFor();
  await until('rows have slid to their places', () =>
    page.evaluate<boolean>('document.getAnimations().every(({ playState }) => playState === "finished")'),
  );
  await keepScreenshot(page, 'board');
  await browser.close();
});
