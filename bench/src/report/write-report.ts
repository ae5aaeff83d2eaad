import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomically } from '@leaderboard/local/files';
import { inRepository } from '@leaderboard/local/paths';
import { toMarkdown } from './markdown.js';
import type { Report } from './report.js';

const readableByAll = 0o644;

/** Writes bench/results/latest.json and latest.md. Returns what is to be printed. */
export function writeReport(report: Report): string {
  const directory = inRepository('bench', 'results');
  mkdirSync(directory, { recursive: true });
  const markdown = toMarkdown(report);
  writeAtomically(join(directory, 'latest.json'), `${JSON.stringify(report, null, 2)}\n`, readableByAll);
  writeAtomically(join(directory, 'latest.md'), markdown, readableByAll);
  return markdown;
}
