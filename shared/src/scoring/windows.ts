import { type CalendarWindow, calendarWindows, expiryOf, type Period, periodAt } from './periods.js';

/** Which stretch of time a board covers. Boards of `all` time exist for every game, the others where a game keeps them. */

export const rollingWindows = ['24h', '3d', '7d'] as const;
export type RollingWindow = (typeof rollingWindows)[number];

export const keptWindows = [...rollingWindows, ...calendarWindows] as const;
export type KeptWindow = (typeof keptWindows)[number];

export const windows = ['all', ...keptWindows] as const;
export type Window = (typeof windows)[number];

export const isCalendar = (window: Window): window is CalendarWindow =>
  (calendarWindows as readonly string[]).includes(window);

/** What the windows of a game depend on. */
export interface WindowRules {
  readonly windows: readonly KeptWindow[];
  readonly timezone: string;
  /** How many periods that have ended are kept. */
  readonly retainPeriods: number;
}

/**
 * The windows of a game as the scripts take them (shared/lua/include/windows.lua): the rolling ones by name, the calendar
 * ones by the periods of a time. A list for several times has the periods of all of them.
 */
export function windowsText(rules: WindowRules, timesMs: readonly number[]): string {
  return rules.windows
    .flatMap((window) => {
      if (!isCalendar(window)) return [window];
      const periods = timesMs.map((timeMs) => periodAt(window, rules.timezone, timeMs));
      return periods.map((period) => periodText(window, period, rules));
    })
    .filter((text, at, all) => all.indexOf(text) === at)
    .join(' ');
}

function periodText(
  window: CalendarWindow,
  period: Period,
  { timezone, retainPeriods }: WindowRules,
): string {
  const expiresMs = expiryOf(window, timezone, period, retainPeriods);
  return `${window}=${period.name}:${period.startsAtMs * 1000}:${period.endsAtMs * 1000}:${expiresMs}`;
}
