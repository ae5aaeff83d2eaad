import type { ScoreMessage } from '@leaderboard/shared/contracts/queue-message';
import { describe, expect, it } from 'vitest';
import { type LeaderContent, type PeriodContent, type Standing, usersIn, without } from './content.js';

const event = (user_id: string, version: number) => ({ user_id, version }) as ScoreMessage;
const standing = (user_id: string): Standing => ({
  user_id,
  name: user_id,
  region: 'EU',
  score: 1,
  reached_at: '2026-01-01T00:00:00.000Z',
});
const seen = { game: 'default', region: 'GLOBAL', seen_at: '1970-01-01T00:00:01.000Z' };
const leader: LeaderContent = {
  kind: 'new_leader',
  ...seen,
  leader: standing('ann'),
  previous: standing('bob'),
};

describe('whoever was erased since', () => {
  it('leaves the events of others', () => {
    const content = { kind: 'score', events: [event('ann', 1), event('bob', 2)] } as const;
    expect(usersIn(content)).toEqual([
      { userId: 'ann', version: 1 },
      { userId: 'bob', version: 2 },
    ]);
    expect(without(content, new Set([0]))).toEqual({ kind: 'score', events: [event('bob', 2)] });
    expect(without(content, new Set([0, 1]))).toBeUndefined();
    expect(without(content, new Set())).toBe(content);
  });

  it('is no leader any more, and was none', () => {
    expect(usersIn(leader).map(({ userId }) => userId)).toEqual(['ann', 'bob']);
    expect(usersIn({ ...leader, previous: null })).toEqual([{ userId: 'ann', version: 1_000_000 }]);
    expect(without(leader, new Set([0]))).toBeUndefined();
    expect(without(leader, new Set([1]))).toEqual({ ...leader, previous: null });
  });

  it('is left out of the rows of a period', () => {
    const rows = [
      { ...standing('ann'), rank: 1 },
      { ...standing('bob'), rank: 2 },
    ];
    const content = { kind: 'period_ended', ...seen, rows } as unknown as PeriodContent;
    expect(usersIn(content)).toHaveLength(2);
    expect(without(content, new Set([0]))).toMatchObject({ rows: [{ user_id: 'bob', rank: 2 }] });
  });
});
