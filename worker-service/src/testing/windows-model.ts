import type { Period } from '@leaderboard/shared/scoring/periods';
import { type Order, sortKeyOf } from '@leaderboard/shared/scoring/place';

/** Windows worked out from all events ever, by the words of docs/boards.md: what the scripts are compared with. */

export interface ModelEvent {
  readonly userId: string;
  readonly op: 'best' | 'set' | 'incr' | 'remove';
  readonly value: number;
  readonly version: number;
  readonly happenedUs: number;
}

export interface ModelRules {
  readonly operator: 'best' | 'set' | 'incr';
  readonly order: Order;
}

export interface Standing {
  readonly score: number;
  readonly reached: number;
}

interface Change {
  readonly accumulates: boolean;
  readonly value: number;
  readonly version: number;
  readonly happenedUs: number;
}

/** user → where it stands of all time. */
export function allTime(events: readonly ModelEvent[], rules: ModelRules): Map<string, Standing> {
  const standings = new Map<string, Standing>();
  for (const event of events) {
    const before = standings.get(event.userId);
    const score = scoreAfter(before?.score, event, rules);
    if (score === undefined) standings.delete(event.userId);
    else if (score !== before?.score) standings.set(event.userId, { score, reached: event.version });
  }
  return standings;
}

/** user → where it stands in a period: every event of the period counts in the order of its version. */
export function inPeriod(events: readonly ModelEvent[], rules: ModelRules, period: Period) {
  return standingsOf(events, rules, (changes) => {
    let standing: Standing | undefined;
    for (const change of changes) {
      if (change.happenedUs < period.startsAtMs * 1000 || change.happenedUs >= period.endsAtMs * 1000)
        continue;
      const score = combine(standing?.score, change, rules);
      if (score !== standing?.score) standing = { score, reached: change.version };
    }
    return standing;
  });
}

/** user → where it stands in a rolling window: buckets count until all of them is older than the window. */
export function inRolling(
  events: readonly ModelEvent[],
  rules: ModelRules,
  lengthSeconds: number,
  bucketSeconds: number,
  nowUs: number,
) {
  const bucketUs = bucketSeconds * 1_000_000;
  return standingsOf(events, rules, (changes) => {
    const buckets = new Map<number, Change>();
    for (const change of changes) {
      const start = Math.floor(change.happenedUs / bucketUs) * bucketUs;
      const bucket = buckets.get(start);
      if (!bucket) buckets.set(start, change);
      else {
        const value = combine(bucket.value, change, rules);
        buckets.set(start, {
          ...bucket,
          value,
          accumulates: bucket.accumulates && change.accumulates,
          version: value === bucket.value ? bucket.version : change.version,
        });
      }
    }
    let standing: Standing | undefined;
    for (const [start, bucket] of [...buckets].sort(([a], [b]) => a - b)) {
      if (start + bucketUs + lengthSeconds * 1_000_000 <= nowUs) continue;
      const score = combine(standing?.score, bucket, rules);
      const moves = score !== standing?.score || !bucket.accumulates;
      if (moves) standing = { score, reached: bucket.version };
    }
    return standing;
  });
}

/** As a board has them: user and score, best first, then who was first. */
export function asBoard(standings: ReadonlyMap<string, Standing>, order: Order): string[] {
  return [...standings]
    .sort(
      ([userA, a], [userB, b]) =>
        sortKeyOf(a.score, order) - sortKeyOf(b.score, order) ||
        a.reached - b.reached ||
        (userA < userB ? -1 : 1),
    )
    .map(([userId, { score }]) => `${userId} ${score}`);
}

function standingsOf(
  events: readonly ModelEvent[],
  rules: ModelRules,
  fold: (changes: readonly Change[]) => Standing | undefined,
): Map<string, Standing> {
  const standings = new Map<string, Standing>();
  for (const userId of new Set(events.map((event) => event.userId))) {
    const standing = fold(changesOf(events, userId, rules));
    if (standing) standings.set(userId, standing);
  }
  return standings;
}

/** What a user's events do to windows; a removal forgets all before it. */
function changesOf(events: readonly ModelEvent[], userId: string, rules: ModelRules): Change[] {
  let changes: Change[] = [];
  let score: number | undefined;
  for (const event of events) {
    if (event.userId !== userId) continue;
    score = scoreAfter(score, event, rules);
    if (score === undefined) changes = [];
    else {
      const accumulates = event.op === 'best' || (event.op === 'incr' && rules.operator === 'incr');
      const { version, happenedUs } = event;
      changes.push({ accumulates, value: accumulates ? event.value : score, version, happenedUs });
    }
  }
  return changes;
}

function scoreAfter(before: number | undefined, { op, value }: ModelEvent, { order }: ModelRules) {
  if (op === 'remove') return undefined;
  if (op === 'incr') return (before ?? 0) + value;
  if (op === 'best' && before !== undefined && !isBetter(value, before, order)) return before;
  return value;
}

function combine(before: number | undefined, change: Change, { operator, order }: ModelRules): number {
  if (before === undefined || !change.accumulates) return change.value;
  if (operator === 'incr') return before + change.value;
  return isBetter(change.value, before, order) ? change.value : before;
}

const isBetter = (a: number, b: number, order: Order) => (order === 'asc' ? a < b : a > b);
