import type { Row } from '@leaderboard/shared/contracts/rankings';
import { comparePlaces } from '@leaderboard/shared/scoring/place';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RankingScope, Ties } from './domain/rankings.js';
import { type ServiceHarness, startService } from './testing/service-harness.js';

/**
 * The exactness of merged rankings, against a model that sorts everything in memory: random users in all
 * regions and partitions, few distinct scores so that ties abound.
 */

const regions = ['ASIA', 'EU', 'NA', 'GLOBAL'];
const users = fc.uniqueArray(
  fc.record({
    userId: fc.stringMatching(/^[a-zA-Z0-9_.!~|]{0,5}[a-zA-Z0-9]$/),
    region: fc.constantFrom(...regions),
    scores: fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 1, maxLength: 3 }),
  }),
  { selector: ({ userId }) => userId, minLength: 1, maxLength: 40 },
);
type Users = { userId: string; region: string; scores: number[] }[];

interface ModelEntry {
  userId: string;
  region: string;
  score: number;
  sequence: number;
}

describe.each([1, 3])('rankings merged over regions with %d partition(s)', (partitions) => {
  let service: ServiceHarness;
  beforeAll(async () => {
    service = await startService({ PARTITIONS: String(partitions), USER_WRITES_PER_SECOND: '0' });
  });
  afterAll(() => service.close());

  /** Writes every user's scores, round by round, and keeps what the best operator must have kept. */
  async function play(players: Users): Promise<ModelEntry[]> {
    await service.reset();
    const model = new Map<string, ModelEntry>();
    let sequence = 0;
    for (let round = 0; round < 3; round += 1) {
      for (const { userId, region, scores } of players) {
        const score = scores[round];
        if (score === undefined) continue;
        const subject = {
          userId,
          region,
          name: userId,
          newName: userId,
          limited: false,
          accountVersion: undefined,
        };
        const command = {
          action: 'score',
          game: undefined,
          idempotencyKey: undefined,
          requestId: 'r',
        } as const;
        await service.services.scores.apply({ ...command, subject, value: score });
        sequence += 1;
        const known = model.get(userId);
        if (!known || score > known.score) model.set(userId, { userId, region, score, sequence });
      }
    }
    return [...model.values()].sort((a, b) => b.score - a.score || a.sequence - b.sequence);
  }

  const scopeOf = (region: string, ties: Ties): RankingScope => ({
    region,
    board: { game: 'default', order: 'desc' },
    ties,
    seesHidden: () => false,
  });
  const boardOf = (model: ModelEntry[], region: string) =>
    model.filter((entry) => region === 'GLOBAL' || entry.region === region);
  const rankIn = (board: ModelEntry[], at: number, ties: Ties) =>
    ties === 'unique' ? at + 1 : board.findIndex((entry) => entry.score === board[at]?.score) + 1;
  const brief = (rows: Row[]) => rows.map(({ rank, user_id, score }) => [rank, user_id, score]);
  const expected = (board: ModelEntry[], ties: Ties) =>
    board.map(({ userId, score }, at) => [rankIn(board, at, ties), userId, score]);

  it.each(['unique', 'shared'] as const)('equal a brute-force model (%s ties)', async (ties) => {
    await fc.assert(
      fc.asyncProperty(users, async (players) => {
        const model = await play(players);
        for (const region of regions) {
          const board = boardOf(model, region);
          const scope = scopeOf(region, ties);
          const top = await service.services.rankings.top(scope, 1000, undefined);
          expect(brief(top.rows)).toEqual(expected(board, ties));
          expect(top.total).toBe(board.length);
          for (const [at, { userId }] of board.entries()) {
            const { rank, total } = await service.services.rankings.rank(scope, userId);
            expect([userId, rank, total]).toEqual([userId, rankIn(board, at, ties), board.length]);
          }
          const ids = players.map(({ userId }) => userId);
          const ranks = await service.services.rankings.ranks(scope, ids);
          expect(brief(ranks.rows)).toEqual(expected(board, ties));
          expect(ranks.not_found.length).toBe(ids.length - board.length);
        }
      }),
      { numRuns: 15 },
    );
  });

  it.each(['unique', 'shared'] as const)(
    'page and look around consistently with /top (%s ties)',
    async (ties) => {
      await fc.assert(
        fc.asyncProperty(users, fc.integer({ min: 1, max: 7 }), async (players, size) => {
          await play(players);
          for (const region of ['GLOBAL', 'EU']) {
            const scope = scopeOf(region, ties);
            const { rows } = await service.services.rankings.top(scope, 1000, undefined);

            const paged: Row[] = [];
            let cursor: string | undefined;
            do {
              const page = await service.services.rankings.top(scope, size, cursor);
              paged.push(...page.rows);
              cursor = page.next_cursor;
            } while (cursor !== undefined);
            expect(paged).toEqual(rows);

            for (const [at, row] of rows.entries()) {
              const { self, around } = await service.services.rankings.around(scope, row.user_id, size);
              expect(self).toMatchObject(row);
              expect(around).toEqual([
                ...rows.slice(Math.max(0, at - size), at),
                ...rows.slice(at + 1, at + 1 + size),
              ]);
            }
          }
        }),
        { numRuns: 10 },
      );
    },
  );

  it('never counts a user who moves before itself', async () => {
    await service.reset();
    const command = { action: 'set', game: undefined, idempotencyKey: undefined, requestId: 'r' } as const;
    const subject = {
      userId: 'mover',
      region: 'EU',
      name: 'mover',
      newName: 'mover',
      limited: false,
      accountVersion: undefined,
    };
    await service.services.scores.apply({ ...command, subject, value: 0 });
    let moving = true;
    const mover = (async () => {
      for (let value = 1; moving; value += 1)
        await service.services.scores.apply({ ...command, subject, value });
    })();
    for (let count = 0; count < 150 && moving; count += 1) {
      const scope = scopeOf('GLOBAL', count % 2 ? 'unique' : 'shared');
      expect(await service.services.rankings.rank(scope, 'mover')).toMatchObject({ rank: 1, total: 1 });
      const { self, around } = await service.services.rankings.around(scope, 'mover', 5);
      expect([self.rank, around.length]).toEqual([1, 0]);
      const { rows } = await service.services.rankings.ranks(scope, ['mover']);
      expect(rows[0]?.rank).toBe(1);
    }
    moving = false;
    await mover;
  });

  it('find the score of a percentile, and who stands around a score', async () => {
    await fc.assert(
      fc.asyncProperty(users, fc.integer({ min: 1, max: 100 }), async (players, percentile) => {
        const model = await play(players);
        for (const region of ['GLOBAL', 'EU']) {
          const board = boardOf(model, region);
          const scope = scopeOf(region, 'unique');
          if (board.length > 0) {
            const rank = Math.max(1, Math.ceil((board.length * percentile) / 100));
            const found = await service.services.rankings.scoreAt(scope, percentile);
            expect(found).toEqual({ total: board.length, rank, score: board[rank - 1]?.score });
          }
          for (let score = -3; score <= 3; score += 1) {
            const { rows } = await service.services.rankings.top(scope, 1000, undefined);
            const ahead = board.filter((entry) => entry.score >= score).length;
            const found = await service.services.rankings.aroundScore(scope, score, 2);
            expect(found.rank).toBe(ahead + 1);
            expect(found.around).toEqual(rows.slice(Math.max(0, ahead - 2), ahead + 2));
            const better = board.filter((entry) => entry.score > score).length;
            const shared = await service.services.rankings.aroundScore(scopeOf(region, 'shared'), score, 2);
            expect(shared.rank).toBe(better + 1);
          }
        }
      }),
      { numRuns: 8 },
    );
  });

  it('answers many who ask in one moment as if each had asked alone', async () => {
    await play(
      Array.from({ length: 20 }, (_, at) => ({
        userId: `user${at}`,
        region: regions[at % 4] as string,
        scores: [at % 5],
      })),
    );
    const { rankings } = service.services;
    const asks = Array.from({ length: 20 }, (_, at) => `user${at}`).flatMap((userId) =>
      ['GLOBAL', ...regions].flatMap((region) => {
        const scope = scopeOf(region, 'unique');
        const none = (error: Error) => error.message;
        return [
          () => rankings.rank(scope, userId).catch(none),
          () => rankings.around(scope, userId, 2).catch(none),
          () => rankings.ranks(scope, [userId, 'nobody']),
          () => rankings.top({ ...scope, board: { ...scope.board, game: 'other' } }, 5, undefined),
          () => rankings.top(scope, 5, undefined),
        ];
      }),
    );
    const alone: unknown[] = [];
    for (const ask of asks) alone.push(await ask());
    expect(await Promise.all(asks.map((ask) => ask()))).toEqual(alone);
  });

  it('answers the same rank to a write as to a read', async () => {
    await service.reset();
    for (let user = 0; user < 30; user += 1) {
      const subject = {
        userId: `user-${user}`,
        region: 'EU',
        name: 'x',
        newName: 'x',
        limited: false,
        accountVersion: undefined,
      };
      const command = {
        action: 'score',
        game: undefined,
        idempotencyKey: undefined,
        requestId: 'r',
      } as const;
      const { answer } = await service.services.scores.apply({ ...command, subject, value: (user * 7) % 10 });
      const { rank } = await service.services.rankings.rank(scopeOf('EU', 'unique'), `user-${user}`);
      expect(answer.rank).toBe(rank);
    }
  });
});

it('keeps comparePlaces a total order', () => {
  const place = fc.record({
    sortKey: fc.integer({ min: -2, max: 2 }),
    member: fc.stringMatching(/^\d{16}[a-z]$/),
  });
  fc.assert(
    fc.property(place, place, (a, b) => {
      expect(Math.sign(comparePlaces(a, b))).toBe(0 - Math.sign(comparePlaces(b, a)));
    }),
  );
});
