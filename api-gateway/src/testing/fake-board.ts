import type { Row } from '@leaderboard/shared/contracts/rankings';
import { Problem, problemBody } from '@leaderboard/shared/http/problems';
import type { Arrival, FakeService } from './fake-service.js';

/** Makes a fake service answer the ranking calls from one list of users, the best first. */
export class FakeBoard {
  users: { id: string; score: number; updatedAt?: string }[] = [];
  /** Answered instead of the board. */
  problem: Problem | undefined;
  readonly #service: FakeService;

  constructor(service: FakeService) {
    this.#service = service;
    service.behaviour = (arrival, response) => {
      const answer = this.problem ?? this.#answer(arrival);
      response.setHeader('content-type', 'application/json');
      if (answer instanceof Problem) {
        response.writeHead(answer.status).end(JSON.stringify(problemBody(answer, 'test')));
      } else {
        response.end(JSON.stringify(answer));
      }
    };
  }

  /** Requests so far whose path begins so. */
  calls(path: string): Arrival[] {
    return this.#service.arrivals.filter((arrival) => arrival.path.startsWith(path));
  }

  get rows(): Row[] {
    return this.users.map(({ id, score, updatedAt = '2026-01-31T12:00:00.000Z' }, at) => ({
      rank: at + 1,
      user_id: id,
      name: id.toUpperCase(),
      region: 'EU',
      score,
      updated_at: updatedAt,
    }));
  }

  #answer({ path }: Arrival): object {
    const { pathname, searchParams } = new URL(path, 'http://fake');
    const label = {
      region: searchParams.get('region'),
      game: searchParams.get('game'),
      window: searchParams.get('window'),
      total: this.users.length,
    };
    if (label.game === 'nothing') return new Problem('unknown_game', 'There is no game "nothing"');
    if (pathname === '/top') {
      const limit = Number(searchParams.get('limit'));
      const more = this.users.length > limit;
      return { ...label, rows: this.rows.slice(0, limit), ...(more && { next_cursor: 'next' }) };
    }
    if (pathname === '/ranks') {
      const wanted = searchParams.get('user_ids')?.split(',') ?? [];
      const rows = this.rows.filter((row) => wanted.includes(row.user_id));
      return { ...label, rows, not_found: wanted.filter((id) => !rows.some((row) => row.user_id === id)) };
    }
    const at = this.users.findIndex(({ id }) => pathname === `/around/${id}`);
    const range = Number(searchParams.get('range'));
    const rows = this.rows;
    return {
      self: rows[at],
      around: [...rows.slice(Math.max(0, at - range), at), ...rows.slice(at + 1, at + 1 + range)],
    };
  }
}
