import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '@leaderboard/shared/config';
import { gamePattern } from '@leaderboard/shared/contracts/fields';
import { BulkClient } from '../bulk/bulk-client.js';
import type { Target } from '../bulk/target.js';
import type { SimulatedGame } from './plays.js';

/** A service that has just been asked believes for a second that there is no such game. */
const learnedWithinMs = 1_500;

export interface WantedGame {
  readonly name: string;
  readonly operator: string | undefined;
  readonly order: string | undefined;
}

/** `default,coins:incr,laps:best:asc`. @throws {ConfigError} */
export function parseGames(list: string): WantedGame[] {
  return list.split(',').map((text) => {
    const [name = '', operator, order] = text.trim().split(':');
    const good =
      new RegExp(gamePattern).test(name) &&
      (operator === undefined || ['best', 'set', 'incr'].includes(operator)) &&
      (order === undefined || ['asc', 'desc'].includes(order));
    if (!good)
      throw new ConfigError(
        '--games',
        `has "${text}": a game is NAME, NAME:best|set|incr or NAME:…:asc|desc`,
      );
    return { name, operator, order };
  });
}

/** The games as the server has them; those that do not exist are made. @throws {ConfigError} when one is another */
export async function prepareGames(wanted: readonly WantedGame[], target: Target): Promise<SimulatedGame[]> {
  const client = new BulkClient({ ...target, serverToken: target.adminToken }, 1);
  try {
    const games: SimulatedGame[] = [];
    let made = false;
    for (const { name, operator, order } of wanted) {
      let answer = await client.call('GET', `/games/${name}`);
      if (answer.status === 404) {
        const definition = { operator: operator ?? 'best', order: order ?? 'desc' };
        made = true;
        answer = await client.call('PUT', `/games/${name}`, JSON.stringify(definition));
      }
      const { status, body } = answer;
      if (status !== 200 && status !== 201)
        throw new ConfigError(target.url, `answers ${status} ${body?.code ?? ''} about the game ${name}`);
      if ((operator ?? body.operator) !== body.operator || (order ?? body.order) !== body.order)
        throw new ConfigError('--games', `names ${name} differently: it is ${body.operator}:${body.order}`);
      games.push({ name, operator: body.operator, order: body.order });
    }
    if (made) await sleep(learnedWithinMs);
    return games;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(
      target.url,
      `cannot be reached: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`,
    );
  } finally {
    await client.close();
  }
}

/** Whether events may tell when they happened. Asked with a game that cannot be, so that nothing is written. */
export async function takesTimestamps(target: Target): Promise<boolean> {
  const client = new BulkClient(target, 1);
  try {
    const game = 'no-such-game-for-a-simulation';
    const event = { user_id: 'nobody', score: 0, game, timestamp: new Date().toISOString() };
    const { body } = await client.call('POST', '/scores', JSON.stringify({ events: [event] }));
    return body?.results?.[0]?.code === 'unknown_game';
  } finally {
    await client.close();
  }
}
