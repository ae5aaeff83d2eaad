import { Problem } from '@leaderboard/shared/http/problems';
import { maxScore, type Order } from '@leaderboard/shared/scoring/place';
import { defaultGame } from '@leaderboard/shared/topology/keys';

export type Operator = 'best' | 'set' | 'incr';

/** How a game treats its scores. */
export interface GameRules {
  readonly game: string;
  readonly operator: Operator;
  readonly order: Order;
  readonly leastScore: number;
  readonly greatestScore: number;
}

const rules = new Map<string, GameRules>([
  [
    defaultGame,
    { game: defaultGame, operator: 'best', order: 'desc', leastScore: -maxScore, greatestScore: maxScore },
  ],
]);

/** @throws {Problem} unknown_game */
export function rulesOf(game: string = defaultGame): GameRules {
  const found = rules.get(game);
  if (!found) throw new Problem('unknown_game', `There is no game "${game}"`);
  return found;
}
