import { maxScore } from '@leaderboard/shared/scoring/place';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findKeyAt } from './score-search.js';

describe('the key at which a count is reached', () => {
  const key = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.integer({ min: -maxScore, max: maxScore }),
    fc.constantFrom(-maxScore, maxScore),
  );

  it('is that of the entry at this place, found in few rounds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(key, { minLength: 1, maxLength: 30 }), fc.nat(), async (all, seed) => {
        const keys = all.sort((a, b) => a - b);
        const wanted = (seed % keys.length) + 1;
        let rounds = 0;
        const found = await findKeyAt(wanted, keys[0] as number, keys.at(-1) as number, async (asked) => {
          rounds += 1;
          return asked.map((border) => keys.filter((one) => one < border).length);
        });
        expect(found).toBe(keys[wanted - 1]);
        expect(rounds).toBeLessThanOrEqual(12);
      }),
    );
  });
});
