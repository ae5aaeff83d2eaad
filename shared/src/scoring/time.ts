let lastMs = 0;
let lastText = new Date(0).toISOString();

/** Microseconds since 1970 as the API writes a time: ISO 8601, UTC, milliseconds. */
export function isoFromUs(timeUs: number): string {
  const ms = Math.floor(timeUs / 1000);
  // The writes of a batch lie within a few of them.
  if (ms !== lastMs) {
    lastText = new Date(ms).toISOString();
    lastMs = ms;
  }
  return lastText;
}
