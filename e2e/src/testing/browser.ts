import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { inheritedEnvironment } from '@leaderboard/local/config';
import { chromiumProgram, findProgram } from '@leaderboard/local/packages';
import { inRepository } from '@leaderboard/local/paths';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect, inject } from 'vitest';

/** The system's Chromium, with a profile of its own that is forgotten. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = findProgram(chromiumProgram.names, inheritedEnvironment().PATH);
  if (executablePath === undefined)
    throw new Error(`none of ${chromiumProgram.names.join(', ')} is installed`);
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({ executablePath, headless: true, args });
}

export interface OpenPage {
  page: Page;
  /** What the browser complained about: errors of scripts, blocked or failed loads, breaches of the policy. */
  complaints: string[];
  close(): Promise<void>;
}

/** A tab with nothing in common with others. */
export async function openPage(
  browser: Browser,
  path: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(inject('stack').url)) complaints.push(`asked ${request.url()}`);
  });
  await page.goto(inject('stack').url + path);
  return { page, complaints, close: () => context.close() };
}

/** Kept in e2e/screenshots for whoever wants to see what a test saw. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  const directory = inRepository('e2e', 'screenshots');
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: `${directory}/${name}.png` });
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Checks that axe finds nothing serious or critical. Run in the debugger's world, which the policy lets be. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(`${axe}; undefined`);
  const found = await page.evaluate(async () => {
    // biome-ignore lint/suspicious/noExplicitAny: axe is put into the page as a global
    const { violations } = await (globalThis as any).axe.run();
    return violations as { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
  });
  const grave = found.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(
    grave.map(({ id, nodes }) => ({
      id,
      nodes: nodes.map((node) => `${node.html}: ${node.failureSummary}`),
    })),
  ).toEqual([]);
}

/** The user ids of a table's rows, as they stand there. */
export const usersIn = (page: Page, body: string): Promise<string[]> =>
  page.locator(`${body} tr`).evaluateAll((rows) => rows.map((row) => row.getAttribute('data-user') ?? ''));
