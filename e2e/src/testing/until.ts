import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a condition and not for a time. A condition that throws does not hold (yet). */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  { withinMs = 45_000, everyMs = 100 } = {},
): Promise<void> {
  const deadline = performance.now() + withinMs;
  let failure: unknown;
  for (;;) {
    try {
      if (await condition()) return;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadline) {
      const because = failure === undefined ? '' : `: ${String(failure)}`;
      throw new Error(`not within ${withinMs} ms: ${what}${because}`);
    }
    await sleep(everyMs);
  }
}
