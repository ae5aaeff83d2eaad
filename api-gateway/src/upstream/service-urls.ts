/** One entry of `LEADERBOARD_SERVICE_URLS`: a name or an address, which may stand for several instances. */
export interface ServiceUrl {
  hostname: string;
  port: number;
}

/** @throws {Error} when an entry is not a plain `http://host:port`. */
export function parseServiceUrls(text: string): ServiceUrl[] {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (entries.length === 0) throw new Error('it names no service');
  return entries.map(parseServiceUrl);
}

function parseServiceUrl(entry: string): ServiceUrl {
  if (!URL.canParse(entry)) throw new Error(`${JSON.stringify(entry)} is not a URL`);
  const url = new URL(entry);
  const plain = url.protocol === 'http:' && url.pathname === '/' && !url.search && !url.hash && !url.username;
  if (!plain || url.hostname === '') {
    throw new Error(`${JSON.stringify(entry)} is not of the form http://host:port`);
  }
  return { hostname: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 80 : Number(url.port) };
}
