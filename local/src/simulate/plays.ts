/**
 * Who plays what and how well. Everything about a play follows from its number and the seed, so that the check can
 * compute again what was sent without a list of it.
 */

export interface SimulatedGame {
  readonly name: string;
  readonly operator: 'best' | 'set' | 'incr';
  readonly order: 'asc' | 'desc';
}

export interface PlaySettings {
  /** Makes user and event ids that no other run has. */
  readonly run: string;
  readonly seed: number;
  readonly players: number;
  readonly regions: readonly string[];
  readonly games: readonly SimulatedGame[];
  /** Share of events that tell a time in the past, 0–1. */
  readonly late: number;
}

export interface Play {
  /** From 0. */
  readonly player: number;
  readonly game: number;
  /** A score, or what is added to one. */
  readonly value: number;
  /** How long ago it happened, ms; 0 = now. */
  readonly lateMs: number;
}

/** Skew of Zipf's law: the most active player plays about twice as often as the second. */
const skew = 0.99;
const mostLateMs = 3_600_000;

export class Plays {
  /** Share of all plays by this player and the more active ones. */
  readonly #activity: Float64Array;

  constructor(readonly settings: PlaySettings) {
    this.#activity = zipf(settings.players);
  }

  at(number: number): Play {
    const random = randomOf(this.settings.seed, number);
    const player = placeIn(this.#activity, random());
    const game = Math.floor(random() * this.settings.games.length);
    const luck = random();
    const late = random() < this.settings.late;
    const lateMs = late ? 1 + Math.floor(random() * mostLateMs) : 0;
    const incr = this.settings.games[game]?.operator === 'incr';
    const value = incr ? 1 + Math.floor(luck * 100) : Math.floor(luck * luck * 1_000_000);
    return { player, game, value, lateMs };
  }

  userId(player: number): string {
    return `${this.settings.run}-${player}`;
  }

  regionOf(player: number): string {
    const { regions } = this.settings;
    return regions[player % regions.length] ?? '';
  }

  /** @param number '' for what all of them begin with */
  eventId(number: number | ''): string {
    return `${this.settings.run}-e${number}`;
  }

  /** The number in an event id of this run, or -1. */
  numberOf(eventId: string): number {
    const prefix = `${this.settings.run}-e`;
    return eventId.startsWith(prefix) ? Number(eventId.slice(prefix.length)) : -1;
  }

  /** The event as POST /scores takes it. Every part is safe inside of quotes. */
  json(number: number, nowMs: number): string {
    const { player, game, value, lateMs } = this.at(number);
    const name = this.settings.games[game]?.name;
    const time = lateMs === 0 ? '' : `,"timestamp":"${new Date(nowMs - lateMs).toISOString()}"`;
    return `{"user_id":"${this.userId(player)}","score":${value},"region":"${this.regionOf(player)}","game":"${name}","name":"Player ${player + 1}","event_id":"${this.eventId(number)}"${time}}`;
  }
}

/** Cumulative shares, the most active first. */
export function zipf(players: number): Float64Array {
  const shares = new Float64Array(players);
  let sum = 0;
  for (let rank = 0; rank < players; rank += 1) {
    sum += 1 / (rank + 1) ** skew;
    shares[rank] = sum;
  }
  for (let rank = 0; rank < players; rank += 1) shares[rank] = (shares[rank] ?? 0) / sum;
  return shares;
}

/** The first place whose share reaches the point. */
function placeIn(shares: Float64Array, point: number): number {
  let from = 0;
  let to = shares.length - 1;
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((shares[middle] ?? 1) > point) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Numbers in [0, 1) that follow from a seed and a number (splitmix32). */
export function randomOf(seed: number, number: number): () => number {
  let state = (Math.imul(seed, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35)) | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
