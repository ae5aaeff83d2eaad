import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '@leaderboard/local/files';
import { inRepository } from '@leaderboard/local/paths';
import { formatTable } from '../report/format-table.js';
import { lineChart } from './line-chart.js';
import type { GrowthOptions } from './options.js';
import { type Kind, kinds } from './requests.js';
import type { WatcherReport } from './watchers.js';

/** Medians of the rounds: p50Us, p99Us, perSecond, redisUs, serviceUs. */
type Figures = Readonly<Record<string, number>>;

export type BoardReport = Readonly<Record<Kind, Figures>> & {
  readonly users: number;
  readonly shards: number;
  readonly bytesPerUser: number;
  /** Over 64 connections. */
  readonly busyWrite?: Figures;
};

export interface GrowthReport {
  readonly date: string;
  readonly options: GrowthOptions;
  readonly boards: readonly BoardReport[];
  readonly watchers: WatcherReport;
}

const readableByAll = 0o644;
export const growthDirectory = inRepository('bench', 'results', 'growth');

/** Writes bench/results/growth/: growth.json, growth.md, and the curves; prints the tables. */
export function writeGrowthReport(report: GrowthReport): void {
  mkdirSync(growthDirectory, { recursive: true });
  const write = (name: string, text: string) =>
    writeAtomically(join(growthDirectory, name), text, readableByAll);
  const markdown = growthTables(report);
  write('growth.json', `${JSON.stringify(report, null, 2)}\n`);
  write('growth.md', markdown);
  const grown = grownBoards(report);
  const merged = mergedBoards(report);
  write('users.svg', curves(grown, 'users', 'What a request costs as a board grows', kinds));
  write('shards.svg', curves(merged, 'shards', 'What a merge of shards costs', ['rank', 'top', 'around']));
  process.stdout.write(markdown);
}

const grownBoards = ({ boards }: GrowthReport) => boards.filter(({ shards }) => shards === 1);
const mergedBoards = ({ boards, options }: GrowthReport) =>
  boards.filter(({ users }) => users === options.mergedUsers);

/** What docs/capacity.md shows. */
export function growthTables(report: GrowthReport): string {
  const grown = grownBoards(report);
  const merged = mergedBoards(report);
  const ratio = (a: Figures | undefined, b: Figures | undefined, name: string) =>
    ((a?.[name] ?? Number.NaN) / (b?.[name] ?? Number.NaN)).toFixed(2);
  const [least, most] = [grown[0], grown.at(-1)];
  const [one, many] = [merged[0], merged.at(-1)];
  return [
    `Users on one shard; p50 / p99 in µs for one client, and µs of Redis' CPU for each request:\n`,
    table('users', grown, ({ users }) => users.toLocaleString('en')),
    `\nRank with ${most?.users} users ÷ with ${least?.users}: p50 ${ratio(most?.rank, least?.rank, 'p50Us')}, Redis ${ratio(most?.rank, least?.rank, 'redisUs')}.`,
    `\n${report.options.mergedUsers.toLocaleString('en')} users split over shards of one Redis:\n`,
    table('shards', merged, ({ shards }) => String(shards)),
    `\nGLOBAL rank at ${many?.shards} shards ÷ at ${one?.shards}: p50 ${ratio(many?.rank, one?.rank, 'p50Us')}, Redis ${ratio(many?.rank, one?.rank, 'redisUs')}.`,
    `\nPOST /score over 64 connections to one service and one Redis:\n`,
    throughput(merged),
    watched(report.watchers),
    '',
  ].join('\n');
}

function table(
  title: string,
  boards: readonly BoardReport[],
  nameOf: (board: BoardReport) => string,
): string {
  const header = [title, 'bytes/user', ...kinds.flatMap((kind) => [kind, 'Redis'])];
  const rows = boards.map((board) => [
    nameOf(board),
    board.bytesPerUser.toFixed(0),
    ...kinds.flatMap((kind) => {
      const { p50Us = Number.NaN, p99Us = Number.NaN, redisUs = Number.NaN } = board[kind];
      return [`${p50Us.toFixed(0)} / ${p99Us.toFixed(0)}`, redisUs.toFixed(0)];
    }),
  ]);
  return formatTable(header, rows);
}

function throughput(boards: readonly BoardReport[]): string {
  const rows = boards.flatMap(({ shards, busyWrite }) =>
    busyWrite === undefined
      ? []
      : [
          [
            String(shards),
            Math.round(busyWrite.perSecond ?? Number.NaN).toLocaleString('en'),
            (busyWrite.redisUs ?? Number.NaN).toFixed(1),
            busyWrite.serviceUs?.toFixed(1) ?? '–',
          ],
        ],
  );
  return formatTable(['partitions', 'writes/s', 'Redis µs', 'service µs'], rows);
}

function watched({ watchers, snapshotUs, bytesPerWatcher }: WatcherReport): string {
  if (snapshotUs === undefined || bytesPerWatcher === undefined) return '';
  const [us, kb] = [snapshotUs.toFixed(1), (bytesPerWatcher / 1000).toFixed(1)];
  return `\n${watchers.toLocaleString('en')} watchers of one gateway: ${us} µs of CPU for each snapshot to each of them, ${kb} kB of memory each.`;
}

function curves(
  boards: readonly BoardReport[],
  by: 'users' | 'shards',
  title: string,
  shown: readonly Kind[],
): string {
  return lineChart({
    title,
    xTitle: by,
    yTitle: 'CPU of Redis for a request, µs',
    xs: boards.map((board) => board[by]),
    series: shown.map((kind) => ({
      name: kind,
      values: boards.map((board) => board[kind].redisUs ?? Number.NaN),
    })),
  });
}
