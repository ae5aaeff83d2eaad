import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Stack } from '@leaderboard/local/stack';
import pg from 'pg';
import { until } from '../testing/until.js';
import type { Player, Workload } from './workload.js';

/** What must be 0, counted in events, users and rows. */
export interface Differences {
  /** Acknowledged, but not in the history. */
  lost: number;
  /** In the history more than once, or in it although refused or never attempted. */
  doubled: number;
  /** Users whose score differs between the history, Redis (through the API) and Postgres. */
  wrongScores: number;
  /** Users whose neighbours stand in another order than Postgres says. */
  misranked: number;
  /** Impossible reads during the run. */
  violations: number;
  details: string[];
}

interface HistoryRow {
  event_id: string;
  user_id: string;
  version: string;
  value: string;
  score: string;
}

interface EntryRow {
  user_id: string;
  score: string;
  achieved_us: string;
}

const entriesQuery = `
  SELECT user_id, score, (extract(epoch FROM achieved_at) * 1000000)::bigint AS achieved_us
  FROM leaderboard
  WHERE user_id LIKE $1 AND score IS NOT NULL`;

const runFile = promisify(execFile);

/** What a command is to find otherwise than the stack says. */
type Variables = Readonly<Record<string, string>>;

/** Waits until everything that was accepted is committed: queues and processing lists are empty. */
export async function drained(stack: Stack, environment: Variables = {}): Promise<void> {
  await until(
    'all queues are empty',
    async () => (await queues(stack, environment)).every(({ waiting, inFlight }) => waiting + inFlight === 0),
    { everyMs: 200 },
  );
}

export interface QueueState {
  shard: string;
  waiting: number;
  inFlight: number;
  dead: number;
}

/** `npm run queue -- --json` */
export async function queues(stack: Stack, environment: Variables = {}): Promise<QueueState[]> {
  const { stdout } = await runFile(process.execPath, ['worker-service/dist/commands/queue.js', '--json'], {
    env: { ...stack.environment, ...environment, LOG_LEVEL: 'silent' },
  });
  return JSON.parse(stdout) as QueueState[];
}

/** `npm run verify`: throws with its report when Redis and Postgres differ. */
export async function verify(stack: Stack, environment: Variables = {}): Promise<void> {
  await runFile(process.execPath, ['worker-service/dist/commands/verify.js'], {
    env: { ...stack.environment, ...environment, LOG_LEVEL: 'silent' },
  });
}

/** Compares what clients were told with Redis, Postgres and the history, user by user and event by event. */
export async function check(stack: Stack, workload: Workload, label: string): Promise<Differences> {
  const differences: Differences = {
    lost: 0,
    doubled: 0,
    wrongScores: 0,
    misranked: 0,
    violations: 0,
    details: [],
  };
  const note = (field: Exclude<keyof Differences, 'details'>, detail: string) => {
    differences[field] += 1;
    if (differences.details.length < 20) differences.details.push(`${field}: ${detail}`);
  };
  for (const violation of workload.violations) note('violations', violation);

  const history: HistoryRow[] = [];
  const entries: EntryRow[] = [];
  for (const region of stack.config.regions) {
    const client = new pg.Client({ connectionString: stack.postgresUrl(region) });
    await client.connect();
    try {
      const like = [`${label}-%`];
      history.push(
        ...(
          await client.query<HistoryRow>(
            'SELECT event_id, user_id, version, value, score FROM score_events WHERE user_id LIKE $1',
            like,
          )
        ).rows,
      );
      entries.push(...(await client.query<EntryRow>(entriesQuery, like)).rows);
    } finally {
      await client.end();
    }
  }

  const ranked = await readRanks(stack, workload.players);
  checkHistory(workload, history, note);
  checkScores(workload.players, history, entries, ranked, note);
  checkOrder(entries, ranked, note);
  return differences;
}

type Note = (field: Exclude<keyof Differences, 'details'>, detail: string) => void;

function checkHistory(workload: Workload, history: HistoryRow[], note: Note): void {
  const found = new Map<string, number>();
  for (const { event_id } of history) found.set(event_id, (found.get(event_id) ?? 0) + 1);
  for (const write of workload.writes) {
    const times = found.get(write.key) ?? 0;
    found.delete(write.key);
    if (write.outcome === 'acknowledged' && times === 0) note('lost', `${write.key} was acknowledged`);
    if (times > 1) note('doubled', `${write.key} stands ${times} times in the history`);
    if (write.outcome !== 'acknowledged' && times > 0)
      note('doubled', `${write.key} was not acknowledged (${write.answer})`);
  }
  for (const key of found.keys()) note('doubled', `${key} was never attempted`);
}

function checkScores(
  players: readonly Player[],
  history: HistoryRow[],
  entries: EntryRow[],
  ranked: RankedRow[],
  note: Note,
): void {
  const read = new Map(ranked.map(({ user_id, score }) => [user_id, score]));
  const stored = new Map(entries.map(({ user_id, score }) => [user_id, Number(score)]));
  const historyOf = groupBy(history, ({ user_id }) => user_id);
  for (const player of players) {
    const expected = expectedScore(player, historyOf.get(player.userId) ?? []);
    const [inRedis, inPostgres] = [read.get(player.userId), stored.get(player.userId)];
    if (inRedis !== expected || inPostgres !== expected) {
      note(
        'wrongScores',
        `${player.userId} (${player.kind}): history ${expected}, Redis ${inRedis}, Postgres ${inPostgres}`,
      );
    }
  }
}

/** Postgres knows when each score was reached, so it can tell the order in which Redis must rank. */
function checkOrder(entries: EntryRow[], ranked: RankedRow[], note: Note): void {
  const expected = [...entries].sort(
    (a, b) =>
      Number(b.score) - Number(a.score) ||
      Number(a.achieved_us) - Number(b.achieved_us) ||
      (a.user_id < b.user_id ? -1 : 1),
  );
  for (const [at, { user_id }] of expected.entries()) {
    if (ranked[at]?.user_id !== user_id) note('misranked', `${user_id} should stand ${at + 1}. of its round`);
  }
}

/** What the history adds up to; of concurrent `set`s the one with the highest version stands. */
function expectedScore({ kind }: Player, history: HistoryRow[]): number | undefined {
  if (history.length === 0) return undefined;
  if (kind === 'add') return history.reduce((sum, { value }) => sum + Number(value), 0);
  if (kind === 'best') return Math.max(...history.map(({ value }) => Number(value)));
  const latest = history.reduce((a, b) => (BigInt(a.version) > BigInt(b.version) ? a : b));
  return Number(latest.score);
}

interface RankedRow {
  rank: number;
  user_id: string;
  score: number;
}

/** The round's players by their global rank. */
async function readRanks(stack: Stack, players: readonly Player[]): Promise<RankedRow[]> {
  const all: RankedRow[] = [];
  for (let at = 0; at < players.length; at += 100) {
    const ids = players.slice(at, at + 100).map(({ userId }) => userId);
    const response = await fetch(`${stack.url}/ranks?user_ids=${ids.join(',')}`);
    if (!response.ok) throw new Error(`/ranks answered ${response.status}: ${await response.text()}`);
    all.push(...((await response.json()) as { rows: RankedRow[] }).rows);
  }
  return all.sort((a, b) => a.rank - b.rank);
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
