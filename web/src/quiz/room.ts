import type { GameAnswer } from '@leaderboard/shared/contracts/games';
import { ApiProblem, callApi, sendJson } from '../api.js';

/** A room is a game whose points add up; a player is an account made for this tab. */

export interface Player {
  token: string;
  userId: string;
  name: string;
}

/** Of this tab alone: two tabs are two players. */
const storageKey = 'quiz-player';

export const roomDefinition = { operator: 'incr' } as const;

/** @throws {ApiProblem} */
export async function findRoom(room: string): Promise<'open' | 'missing' | 'another game'> {
  try {
    const { operator } = await callApi<GameAnswer>(`/games/${encodeURIComponent(room)}`);
    return operator === roomDefinition.operator ? 'open' : 'another game';
  } catch (error) {
    if (error instanceof ApiProblem && error.code === 'unknown_game') return 'missing';
    throw error;
  }
}

/** @throws {ApiProblem} when the token is not an admin's */
export async function openRoom(room: string, adminToken: string): Promise<void> {
  await sendJson('PUT', `/games/${encodeURIComponent(room)}`, roomDefinition, adminToken);
}

/** @throws {ApiProblem} */
export async function registerPlayer(name: string): Promise<Player> {
  const random = crypto.getRandomValues(new Uint8Array(10));
  const userId = `quiz-${Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  const { token } = await sendJson<{ token: string }>('POST', '/auth/register', { user_id: userId, name });
  const player = { token, userId, name };
  sessionStorage.setItem(storageKey, JSON.stringify(player));
  return player;
}

export function rememberedPlayer(): Player | undefined {
  const stored = sessionStorage.getItem(storageKey);
  return stored === null ? undefined : (JSON.parse(stored) as Player);
}

export function forgetPlayer(): void {
  sessionStorage.clear();
}

/** Puts the player on the room's board with no points, so that everybody sees who is there. @throws {ApiProblem} */
export async function enterRoom(room: string, player: Player): Promise<void> {
  await sendJson('POST', '/score/create', { game: room, initialScore: 0 }, player.token);
}

/** How many questions of the room this player has been asked: a reload goes on from there. */
export const askedIn = (room: string): number => Number(sessionStorage.getItem(`asked:${room}`) ?? 0);
export const rememberAsked = (room: string, count: number): void =>
  sessionStorage.setItem(`asked:${room}`, String(count));
