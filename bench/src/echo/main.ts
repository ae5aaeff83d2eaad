import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { buildEcho } from './app.js';

/** `node main.js --port N --top FILE`: one process of the baseline. */
const { values } = parseArgs({ options: { port: { type: 'string' }, top: { type: 'string' } } });
const app = buildEcho(readFileSync(values.top ?? ''));
await app.listen({ host: '127.0.0.1', port: Number(values.port) });
process.on('SIGTERM', () => void app.close());
