import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAccessible, keepScreenshot, launchBrowser, openPage } from '../testing/browser.js';
import { adminToken, call, freshId } from '../testing/client.js';

/** The quiz room at `/examples/quiz`, with two players in two tabs. */

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function join(page: Page, name: string): Promise<void> {
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Join', exact: true }).click();
}

/** Answers what is asked, and waits until the points are on the player's account. */
async function answer(page: Page, option: string): Promise<number> {
  await page.getByRole('button', { name: option, exact: true }).click();
  await page.locator('#outcome', { hasText: /together|^It is/ }).waitFor();
  const text = await page.locator('#outcome').textContent();
  return Number(/^Right: (\d+)/.exec(text ?? '')?.[1] ?? 0);
}

const board = (page: Page) =>
  page
    .locator('#rows tr')
    .evaluateAll((rows) =>
      rows.map(
        (row) => `${row.querySelector('.name')?.textContent} ${row.querySelector('.score')?.textContent}`,
      ),
    );
const boardIs = (page: Page, ...rows: string[]) =>
  expect.poll(() => board(page), { timeout: 20_000 }).toEqual(rows);

describe('a quiz room', () => {
  it('has a board that moves for everybody in it as they answer', async () => {
    const room = freshId('room');
    const definition = { operator: 'incr' };
    expect(
      (await call(`/games/${room}`, { method: 'PUT', token: adminToken(), body: definition })).status,
    ).toBe(200);
    const tabs = [
      await openPage(browser, `/examples/quiz?room=${room}`),
      await openPage(browser, `/examples/quiz?room=${room}`),
    ];
    const [ann, bob] = tabs.map(({ page }) => page) as [Page, Page];
    await join(ann, 'Ann');
    await boardIs(ann, 'Ann 0');
    await join(bob, 'Bob');
    for (const page of [ann, bob]) await boardIs(page, 'Ann 0', 'Bob 0');

    const bobs = await answer(bob, 'Tungsten');
    expect(bobs).toBeGreaterThanOrEqual(100);
    for (const page of [ann, bob]) await boardIs(page, `Bob ${bobs}`, 'Ann 0');
    expect(await answer(ann, 'Tin')).toBe(0);
    await ann.getByRole('button', { name: 'Next question' }).click();
    const anns = await answer(ann, 'Four');
    await ann.getByRole('button', { name: 'Next question' }).click();
    const more = await answer(ann, 'Mauna Kea');
    for (const page of [ann, bob]) await boardIs(page, `Ann ${anns + more}`, `Bob ${bobs}`);
    await expectAccessible(ann);
    await keepScreenshot(ann, 'quiz');

    // A reload goes on where it was, as the same player.
    await ann.reload();
    await ann.getByRole('button', { name: 'Join', exact: true }).click();
    await ann.getByText('Question 4 of 6').waitFor();
    await boardIs(ann, `Ann ${anns + more}`, `Bob ${bobs}`);
    expect(tabs.flatMap(({ complaints }) => complaints)).toEqual([]);
    await Promise.all(tabs.map(({ close }) => close()));
  });

  it('that is not open tells how to open it, and an admin can', async () => {
    const room = freshId('room');
    const { page, close } = await openPage(browser, `/examples/quiz?room=${room}`, {
      viewport: { width: 320, height: 640 },
      colorScheme: 'dark',
    });
    await join(page, 'Host');
    await page.locator('#open-commands', { hasText: `/games/${room}` }).waitFor();
    await expectAccessible(page);
    await page.getByLabel(/admin token/).fill(adminToken());
    await page.getByRole('button', { name: 'Open and join' }).click();
    await page.getByText('Question 1 of 6').waitFor();
    expect((await call(`/games/${room}`)).body.operator).toBe('incr');
    await expectAccessible(page);
    await keepScreenshot(page, 'quiz-phone-dark');
    await close();
  });
});
