import { LRUCache } from 'lru-cache';
import { Temporal } from 'temporal-polyfill';

/**
 * The periods of calendar windows: days, ISO weeks (from Monday) and months, from midnight to midnight in the game's time
 * zone. Where a clock is put forward over midnight, the day begins at its first moment.
 */

export const calendarWindows = ['daily', 'weekly', 'monthly'] as const;
export type CalendarWindow = (typeof calendarWindows)[number];

export interface Period {
  /** `2026-03-29`, `2026-W13` or `2026-03`. */
  readonly name: string;
  readonly startsAtMs: number;
  /** The first moment after it. */
  readonly endsAtMs: number;
  /** Its first day. */
  readonly firstDay: Temporal.PlainDate;
}

const lengths = { daily: { days: 1 }, weekly: { weeks: 1 }, monthly: { months: 1 } } as const;

/** Whether this machine knows the IANA time zone. Offsets are none: they have no name that a user would know. */
export function isTimezone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && Temporal.Now.zonedDateTimeISO(name).timeZoneId !== '';
  } catch {
    return false;
  }
}

/** Those asked for lately, by window and time zone: working one out takes half a millisecond. */
const recent = new LRUCache<string, Period[]>({ max: 1_000 });
const recentOfEach = 8;

/** The period in which a time lies. */
export function periodAt(window: CalendarWindow, timezone: string, timeMs: number): Period {
  const key = `${window} ${timezone}`;
  const known = recent.get(key) ?? [];
  const found = known.find(({ startsAtMs, endsAtMs }) => timeMs >= startsAtMs && timeMs < endsAtMs);
  if (found) return found;
  const period = findPeriod(window, timezone, timeMs);
  recent.set(key, [period, ...known].slice(0, recentOfEach));
  return period;
}

function findPeriod(window: CalendarWindow, timezone: string, timeMs: number): Period {
  const day = Temporal.Instant.fromEpochMilliseconds(Math.floor(timeMs))
    .toZonedDateTimeISO(timezone)
    .toPlainDate();
  return periodOf(window, timezone, day);
}

/** The period of a calendar day `YYYY-MM-DD`; undefined when there is no such day. */
export function periodOfDate(window: CalendarWindow, timezone: string, date: string): Period | undefined {
  try {
    return periodOf(window, timezone, Temporal.PlainDate.from(date, { overflow: 'reject' }));
  } catch {
    return undefined;
  }
}

const expiries = new WeakMap<Period, { retainPeriods: number; expiresMs: number }>();

/** When the board of a period is forgotten: at the end of the period that comes so many later. */
export function expiryOf(
  window: CalendarWindow,
  timezone: string,
  period: Period,
  retainPeriods: number,
): number {
  const known = expiries.get(period);
  if (known?.retainPeriods === retainPeriods) return known.expiresMs;
  let next = period.firstDay;
  for (let count = 0; count <= retainPeriods; count += 1) next = next.add(lengths[window]);
  const expiresMs = startOfDay(next, timezone);
  expiries.set(period, { retainPeriods, expiresMs });
  return expiresMs;
}

function periodOf(window: CalendarWindow, timezone: string, day: Temporal.PlainDate): Period {
  const firstDay = firstDayOf(window, day);
  return {
    name: nameOf(window, firstDay),
    startsAtMs: startOfDay(firstDay, timezone),
    endsAtMs: startOfDay(firstDay.add(lengths[window]), timezone),
    firstDay,
  };
}

function firstDayOf(window: CalendarWindow, day: Temporal.PlainDate): Temporal.PlainDate {
  if (window === 'weekly') return day.subtract({ days: day.dayOfWeek - 1 });
  return window === 'monthly' ? day.with({ day: 1 }) : day;
}

function nameOf(window: CalendarWindow, firstDay: Temporal.PlainDate): string {
  if (window === 'weekly') {
    return `${firstDay.yearOfWeek}-W${String(firstDay.weekOfYear).padStart(2, '0')}`;
  }
  return window === 'monthly' ? firstDay.toPlainYearMonth().toString() : firstDay.toString();
}

function startOfDay(day: Temporal.PlainDate, timezone: string): number {
  return day.toZonedDateTime(timezone).startOfDay().epochMilliseconds;
}
