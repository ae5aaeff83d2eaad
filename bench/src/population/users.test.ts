import { describe, expect, it } from 'vitest';
import { Population } from './users.js';

const regions = ['ASIA', 'EU', 'NA', 'GLOBAL'];

describe('Population', () => {
  it('counts the users of each region', () => {
    const population = new Population(10_002, regions);
    const users = Array.from({ length: population.count }, (_, number) => population.user(number));
    for (const region of regions)
      expect(population.countIn(region)).toBe(users.filter((user) => user.region === region).length);
  });

  it('shuffles into an order in which everybody comes once', () => {
    const population = new Population(20_000, regions);
    const ids = Array.from({ length: population.count }, (_, at) => population.shuffled(at).userId);
    expect(new Set(ids).size).toBe(population.count);
  });

  it('gives different scores that a double holds exactly', () => {
    const population = new Population(9_999_999, regions);
    const last = population.user(population.count - 1).firstScore;
    expect(BigInt(last)).toBe((BigInt(population.count - 1) * 387_420_489n) % 1_000_000_007n);
  });
});
