import { describe, expect, it } from 'vitest';
import { recognisePlainScore, scoreColumns, withoutAnswer } from './plain-score.js';
import { parseQueueMessage } from './queue-message.js';

describe('recognisePlainScore', () => {
  const plain = {
    event_id: 'e1',
    game: 'default',
    user_id: 'alice',
    region: 'EU',
    op: 'best',
    value: -5,
    request_id: 'request',
    version: 1_795_258_303_443_595,
    name: '爱丽丝',
    score: 5,
    achieved_at: 1_795_258_303_443_595,
    timestamp: 1_795_258_303_443,
  };

  it('knows user, region and version of what the write script pushes', () => {
    expect(recognisePlainScore(JSON.stringify(plain))).toMatchObject({
      userId: 'alice',
      region: 'EU',
      version: 1_795_258_303_443_595,
    });
  });

  it.each([plain, { ...plain, retry: 'Hash-_0 null 1' }])('has what is stored of %o', (message) => {
    const item = JSON.stringify(message);
    const [whole, ...texts] = recognisePlainScore(item)?.fields ?? [];
    expect(whole).toBe(item);
    const told = scoreColumns.map((column) => (message as Record<string, unknown>)[column]);
    expect(texts).toEqual(told.map((value) => (value === undefined ? undefined : String(value))));
  });

  it.each(['Hash-_0 null 1', 'Hash-_0 -12 345'])('knows it of a keyed write, and what it tells', (retry) => {
    const item = JSON.stringify({ ...plain, retry });
    expect(recognisePlainScore(item)).toMatchObject({
      userId: 'alice',
      region: 'EU',
      version: plain.version,
    });
    expect(parseQueueMessage(item)).toHaveProperty('message');
    expect(withoutAnswer(item)).toBe(JSON.stringify(plain));
    expect(withoutAnswer(JSON.stringify(plain))).toBe(JSON.stringify(plain));
  });

  it.each([
    ['a removal', { ...plain, op: 'remove', value: null, score: null }],
    ['an escaped name', { ...plain, name: 'a"b' }],
    ['an admin who asked', { ...plain, actor: 'admin' }],
  ])('leaves %s to the parser', (_, other) => {
    const item = JSON.stringify(other);
    expect(recognisePlainScore(item)).toBeUndefined();
    expect(parseQueueMessage(item)).toHaveProperty('message');
  });

  it('recognises nothing that the parser refuses', () => {
    const bad: Record<string, unknown[]> = {
      event_id: ['', 'a\0', 'a\ud800', 'x'.repeat(129), 5, null],
      game: ['', '-a', 'a b', 'x'.repeat(65)],
      user_id: ['', '---', 'a b', 'é', 'x'.repeat(65)],
      region: ['', '1a', 'E U', 'x'.repeat(33)],
      op: ['double', 'account', 'erase'],
      value: [1.5, 2 ** 53, 2 ** 70, '5', -(2 ** 53)],
      request_id: ['a\udfff', 'x'.repeat(129), 7],
      version: [-1, 1.5, 2 ** 53, 2 ** 54, null],
      name: ['', 'a\u202eb', 'a\ufeff', 'a\u0085', 'x'.repeat(65)],
      score: [1.5, 2 ** 70],
      achieved_at: [-1, 2 ** 60],
      timestamp: [-1, 0.5, 2 ** 53],
      retry: [null, {}, 'hash', 'hash 1', 'hash 1 2 3', 'ha"sh 1 2', 'hash null -1'],
    };
    for (const [field, values] of Object.entries(bad)) {
      for (const value of values) {
        const item = JSON.stringify({ ...plain, [field]: value });
        expect([item, recognisePlainScore(item)]).toEqual([item, undefined]);
        expect([item, parseQueueMessage(item)]).toEqual([item, { reason: 'not a queue message' }]);
      }
    }
    for (const item of [`${JSON.stringify(plain)} `, JSON.stringify({ ...plain, extra: 1 }), '{}', '']) {
      expect(recognisePlainScore(item)).toBeUndefined();
    }
  });
});
