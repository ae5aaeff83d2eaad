import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from './problems.js';

/** What a number must look like to be taken: JSON.parse would round anything finer without a word. */
const exactInteger = /^-?\d+(?:\.0+)?(?:[eE]\+?\d+)?$/;
/** A string without its end is matched, too: else every quote in it would be tried as a beginning, in quadratic time. */
const stringsOrNumbers = /"(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*/gs;
/** Also where it stands in a string, which few do: of ids and times, no part looks like a number with its delimiters. */
const suspicious = /(?:^|[\s:,[])(?:-0+|-?\d+[.eE][\d.eE+-]*)(?:$|[\s,}\]])/;

/**
 * Reads `application/json` bodies strictly: UTF-8 only, no prototype tricks, and no number that is not
 * exactly the integer it will become. Compressed bodies are refused.
 */
export function registerJsonBody(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');

  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    refuseCompressed(request);
    if (!isUtf8(body)) return done(new Problem('malformed_body', 'The body is not UTF-8'));
    const text = body.toString();
    const inexact = findInexactNumber(text);
    if (inexact !== undefined) {
      return done(new Problem('malformed_body', `${inexact} is not an integer that can be kept exactly`));
    }
    void parse(request, text, done);
  });
}

/** For every parser of a body: a hook would cost all requests without one. @throws {Problem} unsupported_media_type */
export function refuseCompressed({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return;
  throw new Problem('unsupported_media_type', 'Compressed bodies are not taken');
}

/** The first number literal that JSON.parse would change, or undefined. Cheap for bodies without any. */
export function findInexactNumber(text: string): string | undefined {
  if (!suspicious.test(text)) return undefined;
  return text.match(stringsOrNumbers)?.find(isInexact);
}

/** The same text with `null` for each such number. */
export function replaceInexactNumbers(text: string): string {
  if (!suspicious.test(text)) return text;
  return text.replace(stringsOrNumbers, (token) => (isInexact(token) ? 'null' : token));
}

function isInexact(token: string): boolean {
  if (token.startsWith('"')) return false;
  return !exactInteger.test(token) || /^-0+(?:\D|$)/.test(token);
}
