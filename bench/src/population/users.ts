/**
 * Who plays. Everything about a user follows from its number, so that SQL (load-users.ts), the load scripts (wrk/) and
 * the checks name the same users without carrying a list around.
 */
export interface User {
  readonly userId: string;
  readonly name: string;
  readonly region: string;
  /** At the load; what a user posts later only adds to it. */
  readonly firstScore: number;
}

/** As `string.format` of the load scripts takes it. */
export const userIdFormat = 'player-%07d';

/** Scores are `number × step mod prime`: all different, evenly spread, and exact as a double and as a bigint. */
export const scoreStep = 387_420_489;
export const scorePrime = 1_000_000_007;

export class Population {
  constructor(
    readonly count: number,
    readonly regions: readonly string[],
  ) {}

  user(number: number): User {
    return {
      userId: `player-${String(number).padStart(7, '0')}`,
      name: `Player ${number}`,
      region: this.regions[number % this.regions.length] ?? '',
      firstScore: (number * scoreStep) % scorePrime,
    };
  }

  /** Each user once, in an order that has nothing to do with regions and scores. */
  shuffled(position: number): User {
    return this.user((position * shuffleStep) % this.count);
  }

  /** How many have this home region. */
  countIn(region: string): number {
    const at = this.regions.indexOf(region);
    return Math.ceil((this.count - at) / this.regions.length);
  }
}

/** A prime above any population, so it has no common divisor with its size. */
const shuffleStep = 99_999_989;
