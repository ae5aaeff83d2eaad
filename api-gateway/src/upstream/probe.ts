import { get } from 'node:http';
import type { ProbeResult } from './health.js';

const refusals = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN']);
const reasonLimit = 200;

/** Asks an upstream whether it can serve, over a connection of its own: a fresh one shows whether it still accepts. */
export function probe(address: string, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const request = get(`http://${address}/health/ready`, { agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (body.length < reasonLimit) body += chunk;
      });
      response.on('error', failed);
      response.on('end', () => {
        const reason = `answered ${response.statusCode} ${body.slice(0, reasonLimit)}`.trim();
        settle(response.statusCode === 200 ? { kind: 'ready' } : { kind: 'not_ready', reason });
      });
    });

    // If it was us who were busy, the answer may be waiting to be read: the events of one more turn go first.
    const timer = setTimeout(() => {
      setImmediate(settle, { kind: 'silent', reason: `no answer to a probe within ${timeoutMs} ms` });
    }, timeoutMs);

    function settle(result: ProbeResult): void {
      clearTimeout(timer);
      request.destroy();
      resolve(result);
    }
    function failed(error: NodeJS.ErrnoException): void {
      const refused = error.code !== undefined && refusals.has(error.code);
      settle({ kind: refused ? 'refused' : 'silent', reason: `probe failed: ${error.message}` });
    }
    request.on('error', failed);
  });
}
