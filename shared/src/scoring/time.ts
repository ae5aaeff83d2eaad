/** Microseconds since 1970 as the API writes a time: ISO 8601, UTC, milliseconds. */
export function isoFromUs(timeUs: number): string {
  return new Date(Math.floor(timeUs / 1000)).toISOString();
}
