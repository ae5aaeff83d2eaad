import type { OperationGroup } from '../operation.js';

export const games: OperationGroup = {
  name: 'Games',
  description: 'Each game is a leaderboard of its own, with an operator, an order and windows.',
  operations: [
    { route: 'GET /regions', id: 'getRegions', summary: 'List the regions', token: 'reads' },
    { route: 'GET /games', id: 'getGames', summary: 'List the games', token: 'reads' },
    {
      route: 'GET /games/:game',
      id: 'getGame',
      summary: 'Read a game',
      token: 'reads',
      problems: ['unknown_game'],
    },
    {
      route: 'PUT /games/:game',
      id: 'putGame',
      summary: 'Make a game, or replace its definition',
      description: 'What is left out gets its default. Operator and order cannot change once scores exist.',
      token: 'admin',
      problems: ['game_in_use', 'queue_full'],
    },
  ],
};
