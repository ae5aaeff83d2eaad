import { describe, expect, it } from 'vitest';
import { parseQueueMessage } from './queue-message.js';

const message = {
  event_id: 'e1',
  version: 1_795_258_303_443_595,
  game: 'default',
  user_id: 'alice',
  name: 'Alice',
  region: 'EU',
  op: 'best',
  value: 5,
  score: 5,
  achieved_at: 1_795_258_303_443_595,
  timestamp: 1_795_258_303_443,
};

describe('parseQueueMessage', () => {
  it('reads what the write script pushes', () => {
    expect(parseQueueMessage(JSON.stringify(message))).toEqual({ message });
  });

  it.each([
    ['not JSON', '{"event_id":'],
    ['another shape', '[]'],
    ['a score beyond 2^53', JSON.stringify({ ...message, score: 2 ** 70 })],
    ['a NUL in an id', JSON.stringify({ ...message, user_id: 'a\u0000b' })],
    ['an unknown op', JSON.stringify({ ...message, op: 'double' })],
  ])('gives a reason for %s', (_, item) => {
    expect(parseQueueMessage(item)).toHaveProperty('reason');
  });
});
