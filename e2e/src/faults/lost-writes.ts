import type { Stack } from '@leaderboard/local/stack';

/** The sum of `acknowledged_writes_lost_total` over all leaderboard-services. */
export async function lostAsReported(stack: Stack): Promise<number> {
  let sum = 0;
  for (const service of stack.byRole('service')) {
    const text = await (await fetch(`${service.spec.url}/metrics`)).text();
    for (const [, value] of text.matchAll(/^acknowledged_writes_lost_total\{[^}]*\} (\S+)$/gm))
      sum += Number(value);
  }
  return sum;
}
