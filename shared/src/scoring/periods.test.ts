import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CalendarWindow,
  calendarWindows,
  expiryOf,
  isTimezone,
  periodAt,
  periodOfDate,
} from './periods.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** A period as its name, its first moment and its length. */
function seen(window: CalendarWindow, timezone: string, date: string) {
  const period = periodOfDate(window, timezone, date);
  if (!period) return undefined;
  const { name, startsAtMs, endsAtMs } = period;
  return { name, starts: new Date(startsAtMs).toISOString(), hours: (endsAtMs - startsAtMs) / hourMs };
}

describe('a day', () => {
  it.each([
    ['America/New_York', '2026-03-08', '2026-03-08T05:00:00.000Z', 23],
    ['America/New_York', '2026-03-09', '2026-03-09T04:00:00.000Z', 24],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z', 25],
    ['Europe/Berlin', '2026-03-29', '2026-03-28T23:00:00.000Z', 23],
    ['Europe/Berlin', '2026-10-25', '2026-10-24T22:00:00.000Z', 25],
    ['Australia/Lord_Howe', '2026-10-04', '2026-10-03T13:30:00.000Z', 23.5],
    ['Asia/Kathmandu', '2026-01-01', '2025-12-31T18:15:00.000Z', 24],
    // Midnight did not exist: the clock went from 23:59:59 to 01:00.
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z', 23],
    ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00.000Z', 23],
    // The hour before midnight came twice.
    ['America/Sao_Paulo', '2018-02-17', '2018-02-17T02:00:00.000Z', 25],
    ['Africa/Cairo', '2026-10-29', '2026-10-28T21:00:00.000Z', 25],
  ])('in %s on %s begins at %s and has %d h', (timezone, date, starts, hours) => {
    expect(seen('daily', timezone, date)).toEqual({ name: date, starts, hours });
  });

  it('that a zone left out has no length', () => {
    expect(seen('daily', 'Pacific/Apia', '2011-12-30')).toMatchObject({ hours: 0 });
    expect(periodAt('daily', 'Pacific/Apia', Date.parse('2011-12-30T10:00:00Z')).name).toBe('2011-12-31');
  });

  it.each(['2026-02-29', '2026-13-01', '2026-04-31', '2026-00-10', 'today'])('%s is none', (date) => {
    for (const window of calendarWindows) expect(periodOfDate(window, 'UTC', date)).toBeUndefined();
  });
});

describe('a week', () => {
  it.each([
    ['2026-12-27', '2026-W52', '2026-12-21T00:00:00.000Z'],
    ['2026-12-28', '2026-W53', '2026-12-28T00:00:00.000Z'],
    ['2027-01-03', '2026-W53', '2026-12-28T00:00:00.000Z'],
    ['2027-01-04', '2027-W01', '2027-01-04T00:00:00.000Z'],
    ['2024-12-30', '2025-W01', '2024-12-30T00:00:00.000Z'],
  ])('has %s in %s', (date, name, starts) => {
    expect(seen('weekly', 'UTC', date)).toEqual({ name, starts, hours: 7 * 24 });
  });

  it('with a change of the clock is an hour shorter or longer', () => {
    expect(seen('weekly', 'Europe/Berlin', '2026-03-29')).toMatchObject({ name: '2026-W13', hours: 167 });
    expect(seen('weekly', 'America/New_York', '2026-11-01')).toMatchObject({ name: '2026-W44', hours: 169 });
  });
});

describe('a month', () => {
  it.each([
    ['UTC', '2024-02-29', '2024-02', '2024-02-01T00:00:00.000Z', 29 * 24],
    ['UTC', '2026-12-31', '2026-12', '2026-12-01T00:00:00.000Z', 31 * 24],
    ['Europe/Berlin', '2026-03-10', '2026-03', '2026-02-28T23:00:00.000Z', 31 * 24 - 1],
    ['America/New_York', '2026-11-30', '2026-11', '2026-11-01T04:00:00.000Z', 30 * 24 + 1],
  ])('in %s has %s in %s', (timezone, date, name, starts, hours) => {
    expect(seen('monthly', timezone, date)).toEqual({ name, starts, hours });
  });
});

describe('the board of a period', () => {
  it('is kept until so many periods after it have ended', () => {
    const day = periodAt('daily', 'Europe/Berlin', Date.parse('2026-03-28T12:00:00Z'));
    expect(new Date(expiryOf('daily', 'Europe/Berlin', day, 3)).toISOString()).toBe(
      '2026-03-31T22:00:00.000Z',
    );
    const month = periodAt('monthly', 'UTC', Date.parse('2026-11-30T12:00:00Z'));
    expect(new Date(expiryOf('monthly', 'UTC', month, 3)).toISOString()).toBe('2027-03-01T00:00:00.000Z');
    const week = periodAt('weekly', 'UTC', Date.parse('2026-12-31T12:00:00Z'));
    expect(new Date(expiryOf('weekly', 'UTC', week, 0)).toISOString()).toBe('2027-01-04T00:00:00.000Z');
  });
});

it('knows IANA time zones and nothing else', () => {
  for (const name of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires'])
    expect(isTimezone(name)).toBe(true);
  for (const name of ['+01:00', 'Mars/Olympus', '', 'Europe/', '../etc'])
    expect(isTimezone(name)).toBe(false);
});

describe('periods', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'America/Sao_Paulo',
    'Africa/Cairo',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'Pacific/Apia',
    'Pacific/Kiritimati',
  ];
  const places = fc.record({
    window: fc.constantFrom(...calendarWindows),
    timezone: fc.constantFrom(...zones),
    timeMs: fc.integer({ min: Date.parse('2005-01-01'), max: Date.parse('2045-01-01') }),
  });

  it('hold the time that they are asked for, and are named by no other', () => {
    fc.assert(
      fc.property(places, ({ window, timezone, timeMs }) => {
        const { name, startsAtMs, endsAtMs } = periodAt(window, timezone, timeMs);
        expect(startsAtMs).toBeLessThanOrEqual(timeMs);
        expect(endsAtMs).toBeGreaterThan(timeMs);
        expect(periodAt(window, timezone, startsAtMs).name).toBe(name);
        expect(periodAt(window, timezone, endsAtMs - 1).name).toBe(name);
      }),
      { numRuns: 300 },
    );
  });

  it('follow each other without a gap, each with a name of its own', () => {
    fc.assert(
      fc.property(places, ({ window, timezone, timeMs }) => {
        let period = periodAt(window, timezone, timeMs);
        for (let step = 0; step < 6; step += 1) {
          const next = periodAt(window, timezone, period.endsAtMs);
          expect(next.startsAtMs).toBe(period.endsAtMs);
          expect(next.name > period.name).toBe(true);
          expect(next.endsAtMs - next.startsAtMs).toBeGreaterThan(dayMs - 2 * hourMs);
          period = next;
        }
      }),
      { numRuns: 100 },
    );
  });

  it('are found by any of their days, as by any of their moments', () => {
    fc.assert(
      fc.property(places, ({ window, timezone, timeMs }) => {
        const day = periodAt('daily', timezone, timeMs).name;
        const { name, startsAtMs, endsAtMs } = periodAt(window, timezone, timeMs);
        expect(periodOfDate(window, timezone, day)).toMatchObject({ name, startsAtMs, endsAtMs });
      }),
      { numRuns: 200 },
    );
  });
});
