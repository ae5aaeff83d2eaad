import { Problem } from '@leaderboard/shared/http/problems';
import { expiryOf, type Period, periodAt, periodOfDate } from '@leaderboard/shared/scoring/periods';
import { isCalendar, type Window } from '@leaderboard/shared/scoring/windows';
import type { Stretch } from '../store/board.js';
import type { GameRules } from './games.js';

/** The stretch of time that a read is about, and the period's borders where it has some. */
export interface ChosenStretch {
  readonly stretch: Stretch | undefined;
  readonly period: Period | undefined;
}

/** @throws {Problem} unknown_window, invalid_request for an `at` that says nothing or is not kept */
export function chooseStretch(
  rules: GameRules,
  window: Window,
  at: string | undefined,
  retainPeriods: number,
  nowMs: number,
): ChosenStretch {
  const { windows, timezone } = rules.definition;
  if (window !== 'all' && !windows.includes(window)) {
    const kept = ['all', ...windows].join(', ');
    throw new Problem('unknown_window', `"${rules.game}" keeps ${kept}, not ${window}`);
  }
  if (window === 'all' || !isCalendar(window)) {
    if (at !== undefined) throw invalidAt('is for the windows daily, weekly and monthly');
    const stretch = window === 'all' ? undefined : ({ kind: 'rolling', name: window } as const);
    return { stretch, period: undefined };
  }
  const period = at === undefined ? periodAt(window, timezone, nowMs) : periodOfDate(window, timezone, at);
  if (!period) throw invalidAt('is no day of the calendar');
  if (period.startsAtMs > nowMs) throw invalidAt('has not begun yet');
  if (expiryOf(window, timezone, period, retainPeriods) <= nowMs) {
    throw invalidAt(`is too long ago: ${retainPeriods} periods are kept after they have ended`);
  }
  return { stretch: { kind: 'period', name: period.name }, period };
}

function invalidAt(message: string): Problem {
  return new Problem('invalid_request', `querystring/at ${message}`, {
    errors: [{ path: 'querystring/at', message }],
  });
}
