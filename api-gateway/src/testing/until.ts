import { setTimeout } from 'node:timers/promises';

/** Waits for a condition, looking often. @throws when it does not come true in time. */
export async function until(condition: () => boolean, what: string, limitMs = 5_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms in vain until ${what}`);
    await setTimeout(5);
  }
}
