import { describe, expect, it } from 'vitest';
import { Ledger } from './ledger.js';
import { type PlaySettings, Plays, zipf } from './plays.js';

const settings: PlaySettings = {
  run: 'sim-test',
  seed: 7,
  players: 100,
  regions: ['ASIA', 'EU'],
  games: [
    { name: 'default', operator: 'best', order: 'desc' },
    { name: 'laps', operator: 'best', order: 'asc' },
    { name: 'coins', operator: 'incr', order: 'desc' },
  ],
  late: 0.1,
};
const numbers = Array.from({ length: 20_000 }, (_, number) => number);

describe('plays', () => {
  const plays = new Plays(settings);

  it('follow from the seed and their number', () => {
    const again = new Plays({ ...settings });
    for (const number of numbers.slice(0, 100)) expect(again.at(number)).toEqual(plays.at(number));
    expect(new Plays({ ...settings, seed: 8 }).at(1)).not.toEqual(plays.at(1));
  });

  it("follow Zipf's law: the first player plays about twice as often as the second", () => {
    const counts = new Array<number>(settings.players).fill(0);
    for (const number of numbers)
      counts[plays.at(number).player] = (counts[plays.at(number).player] ?? 0) + 1;
    expect((counts[0] ?? 0) / (counts[1] ?? 1)).toBeGreaterThan(1.7);
    expect((counts[0] ?? 0) / (counts[1] ?? 1)).toBeLessThan(2.3);
    expect(zipf(100).at(-1)).toBe(1);
  });

  it('are late as often as asked, and say when they happened', () => {
    const late = numbers.filter((number) => plays.at(number).lateMs > 0);
    expect(late.length / numbers.length).toBeCloseTo(0.1, 1);
    const [number = 0] = late;
    expect(JSON.parse(plays.json(number, Date.now())).timestamp).toMatch(/^\d{4}-.*Z$/);
  });

  it('are found again by their event id', () => {
    expect(plays.numberOf(JSON.parse(plays.json(42, 0)).event_id)).toBe(42);
    expect(plays.numberOf('sim-other-e42')).toBe(-1);
  });
});

describe('the ledger', () => {
  it('computes scores as the operators do, each event once', () => {
    const plays = new Plays(settings);
    const ledger = new Ledger(plays);
    const values = new Map<string, number[]>();
    for (const number of numbers.slice(0, 2000)) {
      const { player, game, value } = plays.at(number);
      expect(ledger.next()).toBe(number);
      ledger.accept(number);
      ledger.accept(number);
      const key = `${game}:${player}`;
      values.set(key, [...(values.get(key) ?? []), value]);
    }
    expect(ledger.accepted).toBe(2000);
    for (const [key, played] of values) {
      const [game = 0, player = 0] = key.split(':').map(Number);
      const wanted = [Math.max(...played), Math.min(...played), played.reduce((a, b) => a + b, 0)][game];
      expect(ledger.scores[game]?.[player]).toBe(wanted);
    }
  });

  it('counts a refused event that was accepted later as accepted', () => {
    const ledger = new Ledger(new Plays(settings));
    const number = ledger.next();
    ledger.refuse(number, 'queue_full');
    ledger.accept(number);
    ledger.refuse(number, 'queue_full');
    expect(ledger.isAccepted(number)).toBe(true);
    expect(ledger.refusals.get('queue_full')).toBe(1);
  });
});
