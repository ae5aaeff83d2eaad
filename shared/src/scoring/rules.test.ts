import { describe, expect, it } from 'vitest';
import { orderOfRules, rulesWord } from './rules.js';

describe('rules in one word', () => {
  it.each(['asc', 'desc'] as const)('tell the order %s, written under or not', (order) => {
    const word = rulesWord('incr', order, false);
    expect(word).toBe(`incr:${order}`);
    expect(orderOfRules(word)).toBe(order);
    expect(orderOfRules(`~${word}`)).toBe(order);
  });
});
