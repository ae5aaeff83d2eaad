/** What `toISOString` says of a second, without its end. */
const seconds = new Map<number, string>();
const mostSeconds = 10_000;

/** Microseconds since 1970 as the API writes a time: ISO 8601, UTC, milliseconds. */
export function isoFromUs(timeUs: number): string {
  const ms = Math.floor(timeUs / 1000);
  const second = Math.floor(ms / 1000);
  // Most times that are told lie within the same few seconds, and a Map is faster than a Date.
  let text = seconds.get(second);
  if (text === undefined) {
    if (seconds.size === mostSeconds) seconds.clear();
    text = new Date(second * 1000).toISOString().slice(0, -'000Z'.length);
    seconds.set(second, text);
  }
  const rest = ms - second * 1000;
  return `${text}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`;
}
