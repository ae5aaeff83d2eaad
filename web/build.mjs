// Bundles the pages into web/dist, which the gateway serves: `node web/build.mjs`. Types are checked by tsc, not here.
//
//   src/pages/<page>.html, with {{app.js}}, {{app.css}} and {{icon.svg}} → dist/<page>.html with the names below
//   what it names                                                       → dist/assets/<name>-<hash>.<ext>, cached for ever
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const inSource = (...parts) => join(here, 'src', ...parts);
const inOutput = (...parts) => join(here, 'dist', ...parts);

/** Page → its folder in src, which has a main.ts and a styles.css. */
const pages = { 'index.html': 'board', 'examples/quiz.html': 'quiz' };

const stamp = inOutput('.built-from');
const inputs = inputsHash();
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== inputs) {
  await buildPages();
  writeFileSync(stamp, inputs);
}

async function buildPages() {
  // What a gateway has read stays in its memory: nothing is served from here while it is replaced.
  for (const old of ['assets', ...Object.keys(pages), '.built-from'])
    rmSync(inOutput(old), { recursive: true, force: true });
  mkdirSync(inOutput('assets'), { recursive: true });
  const icon = readFileSync(inSource('ui', 'icon.svg'));
  const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
  writeFileSync(inOutput('assets', iconName), icon);

  for (const [page, folder] of Object.entries(pages)) {
    const names = { 'icon.svg': iconName };
    for (const [placeholder, source] of [
      ['app.js', 'main.ts'],
      ['app.css', 'styles.css'],
    ]) {
      const result = await build({
        entryPoints: { [folder]: inSource(folder, source) },
        outdir: inOutput('assets'),
        entryNames: '[name]-[hash]',
        bundle: true,
        format: 'esm',
        target: ['es2022', 'chrome111', 'firefox113', 'safari16.4'],
        minify: true,
        charset: 'utf8',
        metafile: true,
        logLevel: 'warning',
      });
      names[placeholder] = Object.keys(result.metafile.outputs)[0].split('/').at(-1);
    }
    const html = readFileSync(inSource('pages', page.split('/').at(-1)), 'utf8').replace(
      /\{\{([a-z.]+)\}\}/g,
      (_, name) => `/assets/${names[name]}`,
    );
    mkdirSync(dirname(inOutput(page)), { recursive: true });
    writeFileSync(inOutput(page), html);
  }
}

/** Changes whenever the result could come out differently. */
function inputsHash() {
  const hash = createHash('sha256');
  const files = readdirSync(join(here, 'src'), { recursive: true }).map((file) => join('src', file));
  for (const file of ['build.mjs', 'package.json', ...files.sort()]) {
    if (/\.(ts|css|html|svg|mjs|json)$/.test(file))
      hash.update(`${file}\0`).update(readFileSync(join(here, file)));
  }
  return hash.digest('hex');
}
