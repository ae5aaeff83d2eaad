import { describe, expect, it } from 'vitest';
import { findInexactNumber, replaceInexactNumbers } from './json-body.js';

describe('findInexactNumber', () => {
  it.each(['1.5', '-0', '-0.0', '1e-3', '9007199254740991.4', '1.0000000000000000001', '2E+1.5'])(
    'finds %s',
    (literal) => {
      expect(findInexactNumber(`{"score":${literal}}`)).toBe(literal);
    },
  );

  it.each(['0', '-1', '1500', '1.0', '1e3', '9007199254740991', '-20'])('lets %s pass', (literal) => {
    expect(findInexactNumber(`{"score":${literal}}`)).toBeUndefined();
  });

  it('does not look into strings', () => {
    expect(findInexactNumber('{"name":"v1.5 \\"-0.5\\"","score":1}')).toBeUndefined();
  });
});

describe('a string that never ends', () => {
  it.each(['\\"', '"', '\\'])('is read once: 1 MiB of %s', (unit) => {
    const text = `{"score":1.0,"name":"${unit.repeat(512 * 1024)}`;
    expect(findInexactNumber(text)).toBeUndefined();
    expect(replaceInexactNumbers(text)).toBe(text);
  });
});

describe('replaceInexactNumbers', () => {
  it('touches nothing else', () => {
    expect(replaceInexactNumbers('[{"name":"v1.5","score":1.5},{"score":-0},{"score":1.0,"x":12}]')).toBe(
      '[{"name":"v1.5","score":null},{"score":null},{"score":1.0,"x":12}]',
    );
  });
});
