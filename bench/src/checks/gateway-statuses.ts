import type { Platform } from '../platform/platform.js';

/** Answers of all gateways so far, by status. */
export type StatusCounts = ReadonlyMap<string, number>;

export async function countStatuses({ stack }: Platform): Promise<StatusCounts> {
  const counts = new Map<string, number>();
  for (const gateway of stack.byRole('gateway')) {
    const text = await (await fetch(`${gateway.spec.url}/metrics`)).text();
    for (const [, labels = '', count] of text.matchAll(
      /^http_request_duration_seconds_count\{([^}]*)\} (\d+)$/gm,
    )) {
      const status = /status="(\d+)"/.exec(labels)?.[1];
      if (status !== undefined) counts.set(status, (counts.get(status) ?? 0) + Number(count));
    }
  }
  return counts;
}

/** `429: 17, 503: 2`: what wrk only counts. */
export function refusalsBetween(before: StatusCounts, after: StatusCounts): string {
  return [...after]
    .map(([status, count]): [string, number] => [status, count - (before.get(status) ?? 0)])
    .filter(([status, count]) => Number(status) >= 400 && count > 0)
    .map(([status, count]) => `${status}: ${count}`)
    .join(', ');
}
