import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** A file that the gateway serves itself, kept in memory: all of them together are some tens of kilobytes. */
export interface PageFile {
  /** Where it is served. */
  path: string;
  type: string;
  body: Buffer;
  gzip: Buffer;
  etag: string;
  /** Its name changes with its content. */
  immutable: boolean;
}

/** What web/build.mjs makes. The same place from src and from dist, and in the container. */
const builtPages = fileURLToPath(new URL('../../web/dist/', import.meta.url));

const documents = { '/': 'index.html', '/examples/quiz': 'examples/quiz.html' };
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Empty when the pages were not built: the API does without. */
export function loadPages(directory = builtPages): PageFile[] {
  if (!existsSync(join(directory, 'index.html'))) return [];
  const pages = Object.entries(documents).map(([path, file]) => read(path, join(directory, file), false));
  const assets = readdirSync(join(directory, 'assets'));
  return [...pages, ...assets.map((name) => read(`/assets/${name}`, join(directory, 'assets', name), true))];
}

function read(path: string, file: string, immutable: boolean): PageFile {
  const type = types[extname(file)];
  if (type === undefined) throw new Error(`${file} has no known content type`);
  const body = readFileSync(file);
  // Weak: the same for both encodings.
  const etag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { path, type, body, gzip: gzipSync(body, { level: 9 }), etag, immutable };
}
