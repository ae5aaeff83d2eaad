import type { ScoreMessage } from '@leaderboard/shared/contracts/queue-message';
import type { CalendarWindow } from '@leaderboard/shared/scoring/periods';

/** What a delivery says; its body is this with `id` and `webhook`. */
export type Content = ScoreContent | LeaderContent | PeriodContent;

export interface ScoreContent {
  readonly kind: 'score';
  readonly events: readonly ScoreMessage[];
}

export interface Standing {
  readonly user_id: string;
  readonly name: string;
  readonly region: string;
  readonly score: number;
  readonly reached_at: string;
}

export interface LeaderContent {
  readonly kind: 'new_leader';
  readonly game: string;
  readonly region: string;
  readonly seen_at: string;
  readonly leader: Standing;
  /** null: there was none, or none that was known. */
  readonly previous: Standing | null;
}

export interface PeriodContent {
  readonly kind: 'period_ended';
  readonly game: string;
  readonly region: string;
  readonly seen_at: string;
  readonly window: CalendarWindow;
  readonly period: string;
  readonly starts_at: string;
  readonly ends_at: string;
  readonly total: number;
  readonly rows: readonly (Standing & { readonly rank: number })[];
}

interface Said {
  readonly userId: string;
  /** µs: what was said of the user is from then. */
  readonly version: number;
}

/** Whom a content speaks of, in the order in which `without` counts. */
export function usersIn(content: Content): Said[] {
  if (content.kind === 'score')
    return content.events.map(({ user_id, version }) => ({ userId: user_id, version }));
  const version = Date.parse(content.seen_at) * 1000;
  const said = ({ user_id }: Standing) => ({ userId: user_id, version });
  if (content.kind === 'period_ended') return content.rows.map(said);
  return [content.leader, ...(content.previous ? [content.previous] : [])].map(said);
}

/** The same without users who were erased since; undefined when nothing is left to say. */
export function without(content: Content, erased: ReadonlySet<number>): Content | undefined {
  if (erased.size === 0) return content;
  const isKept = (_: unknown, at: number) => !erased.has(at);
  switch (content.kind) {
    case 'score': {
      const events = content.events.filter(isKept);
      return events.length > 0 ? { ...content, events } : undefined;
    }
    case 'period_ended':
      return { ...content, rows: content.rows.filter(isKept) };
    case 'new_leader':
      return erased.has(0) ? undefined : { ...content, previous: null };
  }
}
