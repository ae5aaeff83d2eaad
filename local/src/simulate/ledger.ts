import type { Plays } from './plays.js';

const accepted = 1;
const refused = 2;

/** What was answered to each event of a run: one byte each, and the scores that follow from what was accepted. */
export class Ledger {
  #states = new Uint8Array(1 << 20);
  #sent = 0;
  #accepted = 0;
  readonly refusals = new Map<string, number>();
  /** Per game and player; NaN = none. `set` games: see check-stores.ts. */
  readonly scores: readonly Float64Array[];

  constructor(private readonly plays: Plays) {
    const { games, players } = plays.settings;
    this.scores = games.map(() => new Float64Array(players).fill(Number.NaN));
  }

  /** Events numbered 0 … sent−1 exist. */
  get sent(): number {
    return this.#sent;
  }

  get accepted(): number {
    return this.#accepted;
  }

  isAccepted(number: number): boolean {
    return this.#states[number] === accepted;
  }

  /** The number of the next event. */
  next(): number {
    if (this.#sent === this.#states.length) {
      const larger = new Uint8Array(this.#states.length * 2);
      larger.set(this.#states);
      this.#states = larger;
    }
    return this.#sent++;
  }

  accept(number: number): void {
    if (this.#states[number] === accepted) return;
    this.#states[number] = accepted;
    this.#accepted += 1;
    this.#score(number);
  }

  refuse(number: number, code: string): void {
    if (this.#states[number] === accepted) return;
    this.#states[number] = refused;
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  #score(number: number): void {
    const { player, game, value } = this.plays.at(number);
    const { operator, order } = this.plays.settings.games[game] ?? {};
    const scores = this.scores[game];
    if (!scores || operator === 'set') return;
    const before = scores[player] ?? Number.NaN;
    if (Number.isNaN(before)) scores[player] = value;
    else if (operator === 'incr') scores[player] = before + value;
    else scores[player] = order === 'asc' ? Math.min(before, value) : Math.max(before, value);
  }
}
